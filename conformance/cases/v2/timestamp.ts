import { randomBytes } from 'node:crypto'
import { without, type Body } from '../../acts/authorize.ts'
import { HASH_OIDS, newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { TIMESTAMP, tokenVerifies } from '../../acts/timestamp.ts'
import { casesOf, row, rule, variants, type CaseIn } from '../../case.ts'
import { answered, refused } from '../../expect.ts'
import { at } from '../../json.ts'
import { callerCases } from '../common/callerCases.ts'
import { formCase } from '../common/formCase.ts'

/** The names are those of version 1: `hash`, `hashAlgo`. */
export const timestamp = casesOf({ version: 'v2', method: TIMESTAMP, clause: '11.13' }, [
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
])

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
