import { randomBytes } from 'node:crypto'
import { without, type Body } from '../../acts/authorize.ts'
import { HASH_OIDS, newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { timeIn, TIMESTAMP, tokenVerifies } from '../../acts/timestamp.ts'
import { row, rule, variants, type CaseIn } from '../../case.ts'
import { answered, holds, refused } from '../../expect.ts'
import { at } from '../../json.ts'
import { callerCases } from './callerCases.ts'
import { formCase } from './formCase.ts'

const WEAK = [
  ['1.3.14.3.2.26', 20],
  ['1.2.840.113549.2.5', 16],
] as const

/** Both versions have the names of version 1: `hash`, `hashAlgo`. */
export const TIMESTAMP_CASES: readonly CaseIn[] = [
  ...callerCases(() => Promise.resolve(goodBody())),
  rule({
    name: 'token',
    rule: 'A hash gives a time-stamp token (RFC 3161) over it, which verifies under the certificate in it.',
    run: async (trial) => {
      const document = newDocument()
      const body = answered(await post(trial, TIMESTAMP, { ...goodBody(), hash: document.hash }))
      tokenVerifies(at(body, 'timestamp'), document)
    },
  }),
  rule({
    name: 'nonce',
    rule: 'A nonce, in hex, stands in the token.',
    run: async (trial) => {
      const document = newDocument()
      const nonce = `1${randomBytes(7).toString('hex')}`
      const body = answered(await post(trial, TIMESTAMP, { ...goodBody(), hash: document.hash, nonce }))
      tokenVerifies(at(body, 'timestamp'), document, nonce)
    },
  }),
  rule({
    name: 'time',
    rule: 'The time in the token is now, within five minutes.',
    run: async (trial) => {
      const body = answered(await post(trial, TIMESTAMP, goodBody()))
      const off = Math.abs(timeIn(at(body, 'timestamp')).getTime() - Date.now())
      holds(off < 300_000, `the time in the token is ${Math.round(off / 1000)} s away from this machine's`)
    },
  }),
  rule({
    name: 'weak-hashes',
    rule: 'SHA-1 and MD5 are not stamped.',
    attacks: ['H04'],
    run: async (trial) => {
      for (const [hashAlgo, length] of WEAK)
        refused(await post(trial, TIMESTAMP, { hash: Buffer.alloc(length, 7).toString('base64'), hashAlgo }))
    },
  }),
  rule({
    name: 'nonce-odd',
    rule: 'A nonce is a text of hex digits: numbers, signs, prefixes and spaces are refused.',
    run: async (trial) => {
      for (const nonce of [17, '-1', '0x1f', ' 1f', '1f ', '1g', ['1f'], {}])
        refused(await post(trial, TIMESTAMP, { ...goodBody(), nonce }))
    },
  }),
  rule({
    name: 'decimal-looking-nonce',
    rule: 'A nonce of decimal digits only is hex, too.',
    run: async (trial) => {
      const document = newDocument()
      const nonce = '654654131635468464'
      const body = answered(await post(trial, TIMESTAMP, { ...goodBody(), hash: document.hash, nonce }))
      tokenVerifies(at(body, 'timestamp'), document, nonce)
    },
  }),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text.',
    run: async (trial) => {
      answered(await post(trial, TIMESTAMP, { ...goodBody(), nonce: null, clientData: 'case 17' }))
    },
  }),
  changed('hash-missing', 'Without a hash there is nothing to stamp.', (body) => without(body, 'hash')),
  variants({
    name: 'hash-no-text',
    row: 'hash-missing',
    rule: 'hash is one text, no list.',
    attacks: ['H13'],
    send: (trial) =>
      Promise.all(
        [[newDocument().hash], 17, {}].map((hash) => post(trial, TIMESTAMP, { ...goodBody(), hash })),
      ),
  }),
  changed('hash-empty', 'An empty hash is refused.', (body) => ({ ...body, hash: '' })),
  changed(
    'digest-length',
    'A hash must be as long as its algorithm says.',
    (body) => ({ ...body, hash: Buffer.alloc(31, 7).toString('base64') }),
    ['H01'],
  ),
  changed('hash-no-base64', 'The hash is standard base64.', (body) => ({ ...body, hash: '!not base64!' })),
  changed(
    'hash-algorithm-invalid',
    'An algorithm that nobody knows is refused.',
    (body) => ({ ...body, hashAlgo: '1.2.3.4.5' }),
    ['H15'],
  ),
  rule({
    name: 'hash-algorithm-missing',
    rule: 'Without hashAlgo nothing is stamped.',
    run: async (trial) => {
      refused(await post(trial, TIMESTAMP, without(goodBody(), 'hashAlgo')))
    },
  }),
  changed('nonce-invalid', 'A nonce that is no number in hex is refused.', (body) => ({
    ...body,
    nonce: 'nonce',
  })),
  formCase({
    good: (trial) => post(trial, TIMESTAMP, goodBody()),
    bad: (trial) => post(trial, TIMESTAMP, { ...goodBody(), hash: '' }),
  }),
]

function goodBody(): Body {
  return { hash: newDocument().hash, hashAlgo: HASH_OIDS.sha256 }
}

function changed(
  name: string,
  text: string,
  change: (body: Body) => Body,
  attacks: readonly string[] = [],
): CaseIn {
  return row({ row: name, rule: text, attacks, send: (trial) => post(trial, TIMESTAMP, change(goodBody())) })
}
