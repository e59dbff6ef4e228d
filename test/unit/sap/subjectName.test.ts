import assert from 'node:assert/strict'
import { der, objectIdentifier, sequence, setOfOne, utf8String } from '../../../sap/der.ts'
import { readSubjectName, subjectName, type SignerSubject } from '../../../sap/subjectName.ts'

const ADA: SignerSubject = {
  commonName: 'Ada Lovelace',
  givenName: 'Ada',
  surname: 'Lovelace',
  serialNumber: 'PNODK-1234',
  organization: 'Bücher & Söhne',
  country: 'DE',
}

describe('subjectName — RFC 5280 §4.1.2.4', () => {
  it('leaves out what is not known', () => {
    const bytes = subjectName({ commonName: 'x', country: 'DE' })
    assert.equal(bytes.toString('hex'), '3019310b3009060355040613024445310a300806035504030c0178')
  })
  it('refuses a country or serial number that is no PrintableString', () => {
    assert.throws(() => subjectName({ ...ADA, serialNumber: 'PNO_DK' }), RangeError)
    assert.throws(() => subjectName({ ...ADA, serialNumber: 'ä' }), RangeError)
    assert.throws(() => subjectName({ ...ADA, country: 'Ü' }), RangeError)
  })
})

describe('readSubjectName', () => {
  const attribute = (oid: string, value: Buffer): Buffer => sequence(objectIdentifier(oid), value)
  const country = setOfOne(attribute('2.5.4.6', der(0x13, Buffer.from('DE'))))
  const commonName = setOfOne(attribute('2.5.4.3', utf8String('Ada')))
  const named = (value: Buffer): Buffer => sequence(country, setOfOne(attribute('2.5.4.3', value)))

  it('reads what subjectName writes', () => {
    assert.deepEqual(readSubjectName(subjectName(ADA)), ADA)
    const short = { commonName: 'x', country: 'DE' }
    assert.deepEqual(readSubjectName(subjectName(short)), short)
  })
  it('reads another order and other types of string', () => {
    const name = sequence(
      setOfOne(attribute('2.5.4.3', der(0x13, Buffer.from('Ada')))),
      setOfOne(attribute('2.5.4.6', utf8String('DE'))),
    )
    assert.deepEqual(readSubjectName(name), { commonName: 'Ada', country: 'DE' })
  })

  const refused: readonly [string, Buffer][] = [
    [
      'an attribute that a signer does not have',
      sequence(country, commonName, setOfOne(attribute('2.5.4.11', utf8String('Board')))),
    ],
    ['an attribute twice', sequence(country, commonName, commonName)],
    [
      'two attributes in one relative name',
      sequence(
        country,
        der(0x31, attribute('2.5.4.3', utf8String('Ada')), attribute('2.5.4.4', utf8String('L'))),
      ),
    ],
    ['no country', sequence(commonName)],
    ['no common name', sequence(country)],
    ['a country of three letters', sequence(setOfOne(attribute('2.5.4.6', utf8String('DEU'))), commonName)],
    ['an empty name', sequence()],
    ['an empty value', named(utf8String(''))],
    ['65 characters', named(utf8String('x'.repeat(65)))],
    ['a control character', named(utf8String('a\nb'))],
    ['a character that turns the direction of text around', named(utf8String('ada\u202egnp'))],
    ['a NUL, as in a certificate for two readers', named(utf8String('bank.example\0.evil.example'))],
    ['bytes that are no UTF-8', named(der(0x0c, Buffer.from('c328', 'hex')))],
    ['a BMPString', named(der(0x1e, Buffer.from('00410042', 'hex')))],
    [
      'something after the value',
      sequence(country, setOfOne(Buffer.concat([attribute('2.5.4.3', utf8String('A')), der(0x05)]))),
    ],
    ['something after the name', Buffer.concat([subjectName(ADA), der(0x05)])],
    ['a PrintableString that is none', named(der(0x13, Buffer.from('a@b')))],
    [
      'a serial number that is no PrintableString',
      sequence(country, commonName, setOfOne(attribute('2.5.4.5', utf8String('PNO_DK')))),
    ],
    ['a SET instead', der(0x31, country, commonName)],
    ['nothing', Buffer.alloc(0)],
  ]
  for (const [title, name] of refused)
    it(`refuses ${title}`, () => {
      assert.equal(readSubjectName(name), undefined)
    })
})
