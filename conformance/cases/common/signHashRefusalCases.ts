import { altered } from '../../acts/altered.ts'
import { authorize, without, type Body } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { hashesOf, newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { schemeOf, usualHash } from '../../acts/schemes.ts'
import { hashesName, prepare, SIGN_HASH, signed, signHashBody, withHashes } from '../../acts/signHash.ts'
import { row, rule, variants, type CaseIn } from '../../case.ts'
import { holds, refused } from '../../expect.ts'
import type { Trial } from '../../trial.ts'
import type { Answer } from '../../wire/answer.ts'
import { foreignCase } from './foreignCase.ts'
import { certificateExpiredCase, otpOfTheSadCase } from './lateRows.ts'

/** Members that are missing or malformed, and what comes late. */
export const SIGN_HASH_REFUSALS: readonly CaseIn[] = [
  row({
    row: 'sad-missing',
    rule: 'Without a SAD nothing is signed.',
    send: (trial) => changed(trial, (body) => without(body, 'SAD')),
  }),
  variants({
    name: 'sad-no-text',
    row: 'sad-missing',
    rule: 'The SAD is a text.',
    send: (trial) => withEach(trial, 'SAD', [17, true, ['a'], { a: 'b' }, null]),
  }),
  row({
    row: 'sad-invalid',
    rule: 'A SAD that was never given out signs nothing.',
    attacks: ['S15'],
    send: (trial) => changed(trial, (body) => ({ ...body, SAD: altered(String(body['SAD'])) })),
  }),
  variants({
    name: 'sad-odd',
    row: 'sad-invalid',
    rule: 'A SAD that is cut, added to, or written with look-alike letters signs nothing.',
    attacks: ['S15'],
    send: async (trial) => {
      const { body } = await prepare(trial)
      const sad = String(body['SAD'])
      const odd = [sad.slice(0, -6), `${sad}AAAA`, fullWidth(sad)]
      return Promise.all(odd.map((SAD) => post(trial, SIGN_HASH, { ...body, SAD })))
    },
  }),
  rule({
    name: 'sad-long',
    rule: 'A SAD of a million letters is refused, and the right one still signs.',
    attacks: ['S15'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      refused(await post(trial, SIGN_HASH, { ...prepared.body, SAD: 'A'.repeat(1_000_000) }))
      await signed(trial, prepared)
    },
  }),
  row({
    row: 'credential-missing',
    rule: 'Without credentialID nothing is signed.',
    send: (trial) => changed(trial, (body) => without(body, 'credentialID')),
  }),
  variants({
    name: 'credential-no-text',
    row: 'credential-missing',
    rule: 'credentialID is a text.',
    send: (trial) => withEach(trial, 'credentialID', [17, true, ['a'], { a: 'b' }, null]),
  }),
  row({
    row: 'credential-invalid',
    rule: 'A credential that does not exist signs nothing.',
    send: (trial) =>
      changed(trial, (body) => ({ ...body, credentialID: altered(String(body['credentialID'])) })),
  }),
  foreignCase(async (trial) => (await prepare(trial)).body),
  row({
    row: 'hash-missing',
    rule: 'Without hashes nothing is signed.',
    send: (trial) => changed(trial, (body) => without(body, hashesName(trial))),
  }),
  variants({
    name: 'hash-no-list',
    row: 'hash-missing',
    rule: 'The hashes are a list: a text, a number or an object is none.',
    attacks: ['H13'],
    send: (trial) => withEach(trial, hashesName(trial), ['AAAA', 17, true, { 0: 'AAAA', length: 1 }, null]),
  }),
  row({
    row: 'hash-empty',
    rule: 'An empty list of hashes is refused.',
    attacks: ['H13'],
    send: (trial) => changed(trial, (body) => withHashes(trial, { body }, [])),
  }),
  row({
    row: 'hash-no-base64',
    rule: 'A hash with a character that base64 does not have is refused.',
    send: (trial) => withHash(trial, (hash) => `${hash.slice(0, 5)}*${hash.slice(5)}`),
  }),
  variants({
    name: 'hash-in-lines',
    row: 'hash-no-base64',
    rule: 'Base64 has no line breaks and no spaces.',
    send: async (trial) => {
      const breaks = ['\n', '\r\n', ' ']
      const answers: Answer[] = []
      for (const one of breaks)
        answers.push(await withHash(trial, (hash) => hash.slice(0, 8) + one + hash.slice(8)))
      return answers
    },
  }),
  rule({
    name: 'hash-in-another-alphabet',
    level: 'SHOULD',
    rule: 'Hashes in a body are in the alphabet of base64, not in that of base64url.',
    run: async (trial) => {
      const one = await credential(trial)
      const scheme = schemeOf(one, usualHash(one))
      let document = newDocument(scheme.hash)
      while (!/[+/]/.test(document.hash)) document = newDocument(scheme.hash)
      const sad = await authorize(trial, one, [document])
      const body = signHashBody(trial, one, sad, [document], scheme)
      // The authorized hash itself, so that nothing but the alphabet is wrong.
      const hash = document.hash.replaceAll('+', '-').replaceAll('/', '_')
      refused(await post(trial, SIGN_HASH, withHashes(trial, { body }, [hash])))
    },
  }),
  rule({
    name: 'hash-elements',
    rule: 'Each hash is a text: numbers, null, lists and objects are refused, and nothing is signed.',
    attacks: ['H13'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const hash = hashesOf(prepared.documents)
      for (const wrong of [17, null, true, hash, { hash }])
        refused(await post(trial, SIGN_HASH, withHashes(trial, prepared, [wrong])))
      await signed(trial, prepared)
    },
  }),
  rule({
    name: 'hash-many',
    rule: 'A hundred thousand hashes are refused at once.',
    attacks: ['H13', 'W02'],
    run: async (trial) => {
      const prepared = await prepare(trial, { scal: '2' })
      const many = Array.from({ length: 100_000 }, () => newDocument().hash)
      const began = Date.now()
      refused(await post(trial, SIGN_HASH, withHashes(trial, prepared, many)))
      holds(Date.now() - began < 10_000, `the refusal took ${Date.now() - began} ms`)
    },
  }),
  row({
    row: 'hash-not-authorized',
    rule: 'A hash that the SAD was not given for is refused.',
    attacks: ['S07'],
    send: async (trial) => {
      const prepared = await prepare(trial, { scal: '2' })
      const other = newDocument(prepared.scheme.hash)
      return post(trial, SIGN_HASH, withHashes(trial, prepared, [other.hash]))
    },
  }),
  row({
    row: 'sign-algorithm-missing',
    rule: 'Without signAlgo nothing is signed.',
    send: (trial) => changed(trial, (body) => without(body, 'signAlgo')),
  }),
  variants({
    name: 'sign-algorithm-no-text',
    row: 'sign-algorithm-missing',
    rule: 'signAlgo is a text.',
    send: (trial) => withEach(trial, 'signAlgo', [17, true, ['a'], { a: 'b' }, null]),
  }),
  row({
    row: 'client-data-invalid',
    rule: 'clientData is a text.',
    send: (trial) => changed(trial, (body) => ({ ...body, clientData: { a: 'b' } })),
  }),
  otpOfTheSadCase,
  certificateExpiredCase((trial, { credential: one, sad, documents, scheme }) =>
    post(trial, SIGN_HASH, signHashBody(trial, one, sad, documents, scheme)),
  ),
  rule({
    name: 'refusal-spends-nothing',
    level: 'SHOULD',
    rule: 'A request that is refused for its shape does not spend the SAD.',
    run: async (trial) => {
      const prepared = await prepare(trial)
      for (const name of ['signAlgo', hashesName(trial), 'credentialID'])
        refused(await post(trial, SIGN_HASH, without(prepared.body, name)))
      await signed(trial, prepared)
    },
  }),
]

async function changed(trial: Trial, change: (body: Body) => Body): Promise<Answer> {
  const { body } = await prepare(trial)
  return post(trial, SIGN_HASH, change(body))
}

/** An otherwise good request for each value; the SAD lives until the right one comes. */
async function withEach(trial: Trial, name: string, values: readonly unknown[]): Promise<readonly Answer[]> {
  const { body } = await prepare(trial)
  return Promise.all(values.map((value) => post(trial, SIGN_HASH, { ...body, [name]: value })))
}

/** With the authorized hash written otherwise. */
async function withHash(trial: Trial, written: (hash: string) => string): Promise<Answer> {
  const prepared = await prepare(trial)
  return post(trial, SIGN_HASH, withHashes(trial, prepared, hashesOf(prepared.documents).map(written)))
}

/** Letters and digits as East Asian printing has them, which some programs take for the same. */
function fullWidth(text: string): string {
  return Array.from(text, (one) =>
    /[A-Za-z0-9]/.test(one) ? String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0) : one,
  ).join('')
}
