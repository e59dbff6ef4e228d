import { altered } from '../../acts/altered.ts'
import { askToAuthorize, AUTHORIZE } from '../../acts/askToAuthorize.ts'
import { authorizeBody, without, type Body } from '../../acts/authorize.ts'
import { authorizeBodyAnyway } from '../../acts/authorizeBodyAnyway.ts'
import { credential, credentialOfLeast } from '../../acts/credential.ts'
import { describedCredential } from '../../acts/credentials.ts'
import { newDocument, newDocuments } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { usualHash } from '../../acts/schemes.ts'
import { row, rule, variants, type CaseIn } from '../../case.ts'
import { refused } from '../../expect.ts'
import { NotRun } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import type { Answer } from '../../wire/answer.ts'
import { foreignCase } from './foreignCase.ts'

/** What credentials/authorize refuses before it looks at a factor. */
export const AUTHORIZE_REFUSALS: readonly CaseIn[] = [
  row({
    row: 'credential-missing',
    rule: 'Without credentialID nothing is authorized.',
    send: async (trial) => askToAuthorize(trial, without(await goodBody(trial), 'credentialID')),
  }),
  variants({
    name: 'credential-no-text',
    row: 'credential-missing',
    rule: 'credentialID is a text.',
    send: (trial) => withEach(trial, 'credentialID', [17, true, ['a'], { a: 'b' }, null]),
  }),
  row({
    row: 'credential-invalid',
    rule: 'A credential that does not exist is refused.',
    send: async (trial) => {
      const body = await goodBody(trial)
      return askToAuthorize(trial, { ...body, credentialID: altered(String(body['credentialID'])) })
    },
  }),
  foreignCase(goodBody),
  row({
    row: 'key-disabled',
    rule: 'A disabled credential is not authorized.',
    attacks: ['S19'],
    send: async (trial) => {
      const { disabled, user } = trial.account
      if (disabled === undefined) throw new NotRun('a disabled credential (`disabled`)')
      return post(
        trial,
        AUTHORIZE,
        await authorizeBodyAnyway(trial, await describedCredential(trial, user, disabled)),
      )
    },
  }),
  rule({
    name: 'certificate-expired',
    level: 'SHOULD',
    rule: 'Nobody is asked to authorize a signature with a certificate that has expired.',
    attacks: ['C05'],
    run: async (trial) => {
      const { expired, user } = trial.account
      if (expired === undefined) throw new NotRun('a credential whose certificate has expired (`expired`)')
      const body = await authorizeBodyAnyway(trial, await describedCredential(trial, user, expired))
      refused(await askToAuthorize(trial, body))
    },
  }),
  row({
    row: 'number-missing',
    rule: 'Without numSignatures nothing is authorized.',
    attacks: ['S11'],
    send: async (trial) => askToAuthorize(trial, without(await goodBody(trial), 'numSignatures')),
  }),
  variants({
    name: 'number-no-integer',
    row: 'number-missing',
    rule: 'numSignatures is a whole number: no text, no fraction, no list.',
    attacks: ['S11'],
    send: (trial) => withEach(trial, 'numSignatures', ['1', 1.5, true, [1], {}, null]),
  }),
  row({
    row: 'number-below-one',
    rule: 'numSignatures is at least 1.',
    attacks: ['S11'],
    send: async (trial) => askToAuthorize(trial, { ...(await goodBody(trial)), numSignatures: 0 }),
  }),
  variants({
    name: 'number-negative',
    row: 'number-below-one',
    rule: 'numSignatures is not negative.',
    attacks: ['S11'],
    send: (trial) => withEach(trial, 'numSignatures', [-1, -2_147_483_648, Number.MIN_SAFE_INTEGER]),
  }),
  row({
    row: 'number-too-high',
    rule: 'numSignatures is at most multisign.',
    attacks: ['S11'],
    send: async (trial) => {
      const one = await credentialOfLeast(trial)
      const documents = newDocuments(Math.min(one.multisign, 10_000) + 1, usualHash(one))
      const body = await authorizeBody(trial, one, documents)
      return askToAuthorize(trial, { ...body, numSignatures: one.multisign + 1 })
    },
  }),
  rule({
    name: 'number-huge',
    rule: 'A number that no computer counts to is refused like any other.',
    attacks: ['S11'],
    run: async (trial) => {
      const body = JSON.stringify({ ...(await goodBody(trial)), numSignatures: 1 })
      for (const number of ['1e309', '-1e309', '4294967297', '18446744073709551617', '9'.repeat(1000)])
        refused(await askToAuthorize(trial, body.replace('"numSignatures":1', `"numSignatures":${number}`)))
    },
  }),
]

async function goodBody(trial: Trial): Promise<Body> {
  const one = await credential(trial)
  return authorizeBody(trial, one, [newDocument(usualHash(one))])
}

/** An otherwise good request for each value. */
async function withEach(trial: Trial, name: string, values: readonly unknown[]): Promise<readonly Answer[]> {
  const body = await goodBody(trial)
  return Promise.all(values.map((value) => askToAuthorize(trial, { ...body, [name]: value })))
}
