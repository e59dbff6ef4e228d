import assert from 'node:assert/strict'
import { Lexer } from '../../../ades/pdf/lexer.ts'
import { PdfRefusal } from '../../../ades/pdf/pdfRefusal.ts'
import { wholeFile } from '../../../ades/pdf/readingBudget.ts'
import { textOf, type PdfValue } from '../../../ades/pdf/values.ts'

function read(text: string): PdfValue {
  return new Lexer(wholeFile(Buffer.from(text, 'latin1')), 0).value()
}

function stringOf(text: string): string {
  const value = read(text)
  assert.ok(value.kind === 'string')
  return textOf(value)
}

describe('PDF syntax — ISO 32000-2 §7.2, §7.3', () => {
  it('tells a reference from numbers', () => {
    const array = read('[1 0 R 2 0 3 0 R -.5 4.]')
    assert.ok(array.kind === 'array')
    const seen = array.items.map((item) => {
      if (item.kind === 'reference') return `${item.number} ${item.generation} R`
      return item.kind === 'number' ? item.value : item.kind
    })
    assert.deepEqual(seen, ['1 0 R', 2, 0, '3 0 R', -0.5, 4])
  })

  it('reads strings with nesting, escapes, line continuations and hexadecimal digits', () => {
    assert.equal(stringOf('(a (b) \\) \\\\ \\101\\7x\\\r\nend\\n)'), 'a (b) ) \\ A\x07xend\n')
    assert.equal(stringOf('(one\r\ntwo\rthree)'), 'one\ntwo\nthree')
    assert.equal(stringOf('<48 65 6C 6c 6>'), 'Hell`')
    assert.equal(stringOf('<FEFF00530069>'), 'Si')
    assert.equal(stringOf('<EFBBBFC3A6>'), 'æ')
  })

  it('reads names with #xx, and entries around comments', () => {
    const dictionary = read('<</A#42 /x#20y%>>\n/C[%]\n(%)]>>')
    assert.ok(dictionary.kind === 'dictionary')
    assert.deepEqual([...dictionary.entries.keys()], ['AB', 'C'])
    const name = dictionary.entries.get('AB')
    assert.ok(name?.kind === 'name')
    assert.equal(name.value, 'x y')
    assert.equal(dictionary.entries.get('C')?.source.toString(), '[%]\n(%)]')
  })

  const BROKEN = {
    'a string without end': '(abc\\)',
    'a hexadecimal string without end': '<abc',
    'a hexadecimal string of other letters': '<4g>',
    'an array without end': '[1 2',
    'a dictionary without end': '<< /A 1',
    'a dictionary with a value for a key': '<< 1 2 >>',
    'a dictionary that names an entry twice': '<< /A 1 /#41 2 >>',
    'a word that is no object': 'endobj',
    'nothing at all': '   % only a comment',
    'arrays nested without measure': '['.repeat(100_000),
  }
  for (const [what, text] of Object.entries(BROKEN))
    it(`refuses ${what}`, () => {
      assert.throws(() => read(text), PdfRefusal)
    })
})
