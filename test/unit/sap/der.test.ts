import assert from 'node:assert/strict'
import {
  der,
  derElements,
  objectIdentifier,
  printableString,
  unsignedInteger,
  utf8String,
} from '../../../sap/der.ts'

const hex = (bytes: Buffer): string => bytes.toString('hex')

describe('der — X.690 §8, §10', () => {
  it('writes lengths in their shortest form', () => {
    for (const [length, head] of [
      [0, '3000'],
      [127, '307f'],
      [128, '308180'],
      [255, '3081ff'],
      [256, '30820100'],
      [65_536, '3083010000'],
    ] as const)
      assert.equal(hex(der(0x30, Buffer.alloc(length)).subarray(0, head.length / 2)), head)
  })

  it('writes integers minimal and never negative', () => {
    for (const [value, expected] of [
      ['', '020100'],
      ['00', '020100'],
      ['0000', '020100'],
      ['7f', '02017f'],
      ['80', '02020080'],
      ['007f', '02017f'],
      ['0080', '02020080'],
      ['0100', '02020100'],
    ] as const)
      assert.equal(hex(unsignedInteger(Buffer.from(value, 'hex'))), expected)
  })

  it('writes object identifiers with small and large arcs', () => {
    for (const [dotted, expected] of [
      ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
      ['2.5.4.3', '0603550403'],
      ['2.999', '06028837'],
      ['1.3.6.1.4.1.4294967295.1', '060b2b060104018fffffff7f01'],
    ] as const)
      assert.equal(hex(objectIdentifier(dotted)), expected)
  })

  it('refuses what is no object identifier', () => {
    for (const dotted of [
      '',
      '1',
      '3.1',
      '1.40',
      '1.2.x',
      '1.2.-3',
      '1.2.3.5e-1',
      '1.2.99999999999999999999',
    ])
      assert.throws(() => objectIdentifier(dotted), RangeError)
  })

  it('writes text as UTF-8 and as PrintableString, which not every character is', () => {
    assert.equal(hex(utf8String('ü€')), '0c05c3bce282ac')
    assert.equal(hex(printableString('A-1')), '1303412d31')
    for (const text of ['ä', 'a@b', 'a_b', 'a\n']) assert.throws(() => printableString(text), RangeError)
  })
})

describe('derElements', () => {
  const read = (text: string): readonly string[] | undefined =>
    derElements(Buffer.from(text, 'hex'))?.map(({ tag, content }) => `${tag}:${hex(Buffer.from(content))}`)

  it('reads elements one after another', () => {
    assert.deepEqual(read(''), [])
    assert.deepEqual(read('0500020101'), ['5:', '2:01'])
    assert.deepEqual(read(`048180${'00'.repeat(128)}`), [`4:${'00'.repeat(128)}`])
  })

  it('keeps the bytes of each', () => {
    const bytes = Buffer.from('0500020101', 'hex')
    assert.deepEqual(
      derElements(bytes)?.map(({ whole }) => hex(Buffer.from(whole))),
      ['0500', '020101'],
    )
  })

  const refused: readonly [string, string][] = [
    ['a length beyond the end', '040201'],
    ['no length', '04'],
    ['an indefinite length', '30800000'],
    ['a long form that is not needed', `04817f${'00'.repeat(127)}`],
    ['a long form with a leading zero', `04820080${'00'.repeat(128)}`],
    ['a cut long form', '0482'],
    ['a length of four bytes', '048400000001ff'],
    ['a tag of several bytes', '1f810100'],
    ['something left over', '050002'],
  ]
  for (const [title, text] of refused)
    it(`refuses ${title}`, () => {
      assert.equal(read(text), undefined)
    })
})
