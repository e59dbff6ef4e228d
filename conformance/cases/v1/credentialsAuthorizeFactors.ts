import { altered } from '../../acts/altered.ts'
import { askToAuthorize, AUTHORIZE } from '../../acts/askToAuthorize.ts'
import { authorize, authorizeBody, without, type Body } from '../../acts/authorize.ts'
import { credential, type Wish } from '../../acts/credential.ts'
import { usableCredentials, type Credential } from '../../acts/credentials.ts'
import { hashesOf, newDocument, type Document } from '../../acts/documents.ts'
import { demandsOf, factorValuesOf } from '../../acts/factors.ts'
import { otpVerdict } from '../../acts/otpVerdict.ts'
import { usualHash } from '../../acts/schemes.ts'
import { lifetimeOf, otherUser } from '../../acts/users.ts'
import { casesOf, row, rule, variants } from '../../case.ts'
import { answered, holds, refused, refusedAs } from '../../expect.ts'
import { NotRun } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import type { Answer } from '../../wire/answer.ts'

const SECTION = { version: 'v1', method: AUTHORIZE, clause: '11.6' } as const

/** The PIN and the OTP. After each wrong one a right one is given, so that attempts do not add up to a lock. */
export const credentialsAuthorizeFactors = casesOf(SECTION, [
  row({
    row: 'otp-invalid',
    rule: 'A wrong OTP is refused.',
    attacks: ['O01'],
    send: (trial) => withWrong(trial, { factor: 'sent' }, ({ OTP }) => ({ OTP: altered(String(OTP)) })),
  }),
  row({
    row: 'pin-invalid',
    rule: 'A wrong PIN is refused.',
    send: (trial) => withWrong(trial, { factor: 'fixed' }, ({ PIN }) => ({ PIN: altered(String(PIN)) })),
  }),
  variants({
    name: 'otp-near-miss',
    row: 'otp-invalid',
    rule: 'An OTP that is cut or added to is wrong.',
    attacks: ['O08'],
    send: async (trial) => [
      await withWrong(trial, { factor: 'sent' }, ({ OTP }) => ({ OTP: String(OTP).slice(0, -1) })),
      await withWrong(trial, { factor: 'sent' }, ({ OTP }) => ({ OTP: `${String(OTP)}0` })),
    ],
  }),
  variants({
    name: 'pin-near-miss',
    row: 'pin-invalid',
    rule: 'A PIN that is cut or added to is wrong.',
    send: async (trial) => [
      await withWrong(trial, { factor: 'fixed' }, ({ PIN }) => ({ PIN: String(PIN).slice(0, -1) })),
      await withWrong(trial, { factor: 'fixed' }, ({ PIN }) => ({ PIN: `${String(PIN)}0` })),
    ],
  }),
  rule({
    name: 'otp-missing',
    rule: 'Where an OTP is demanded, nothing is authorized without one.',
    run: async (trial) => {
      for (const absent of [without, withNull, withEmpty]) await refusedWithout(trial, 'OTP', absent)
    },
  }),
  rule({
    name: 'pin-missing',
    rule: 'Where a PIN is demanded, nothing is authorized without one.',
    run: async (trial) => {
      for (const absent of [without, withNull, withEmpty]) await refusedWithout(trial, 'PIN', absent)
    },
  }),
  rule({
    name: 'factor-no-text',
    rule: 'PIN and OTP are texts: a number, a list or an object with the right value is none.',
    attacks: ['O08'],
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'fixed' })
      for (const wrong of [[body['PIN']], { value: body['PIN'] }, true])
        refused(await askToAuthorize(trial, { ...body, PIN: wrong }))
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'otp-twice',
    rule: 'An OTP that has authorized something authorizes nothing more.',
    attacks: ['O05'],
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      answered(await askToAuthorize(trial, body))
      for (const again of [documents, [newDocument(usualHash(one))]]) {
        const answer = await askToAuthorize(trial, { ...body, hash: hashesOf(again) })
        refusedOtp(trial, await otpVerdict(trial, one, again, answer))
        await authorize(trial, one, documents)
      }
    },
  }),
  rule({
    name: 'otp-at-once',
    rule: 'An OTP that comes twice at once authorizes once.',
    attacks: ['O02'],
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      const over = trial.service.withConnections(2)
      const answers = await Promise.all(
        Array.from({ length: 2 }, () => askToAuthorize(trial, body, { over })),
      )
      const good = answers.filter(({ status }) => status === 200).length
      holds(good === 1, `${good} of 2 authorizations with one OTP succeeded`)
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'authenticator-code-twice',
    rule: "An authenticator's code that has authorized something authorizes nothing more.",
    attacks: ['O05'],
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'authenticator' })
      answered(await askToAuthorize(trial, body))
      refusedOtp(trial, await otpVerdict(trial, one, documents, await askToAuthorize(trial, body)))
    },
  }),
  rule({
    name: 'otp-of-another-credential',
    level: 'SHOULD',
    rule: 'An OTP that was sent for one credential does not authorize another one of the same user.',
    attacks: ['O05'],
    run: async (trial) => {
      const [one, other] = await twoAlike(trial)
      const document = newDocument(usualHash(other))
      const body = await authorizeBody(trial, one, [document])
      refused(await askToAuthorize(trial, { ...body, credentialID: other.id }))
      await authorize(trial, other, [document])
    },
  }),
  rule({
    name: 'otp-of-another-user',
    rule: 'An OTP that was sent to somebody else is wrong.',
    attacks: ['O05'],
    run: async (trial) => {
      const others = await credential(trial, { of: otherUser(trial), factor: 'sent' })
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      const { OTP } = await factorValuesOf(trial, others)
      const answer = await askToAuthorize(trial, { ...body, OTP })
      refusedOtp(trial, await otpVerdict(trial, one, documents, answer))
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'otp-expires',
    rule: 'An OTP authorizes nothing when its time is over.',
    waits: 'for an OTP to expire',
    alone: 'a newer code may end it',
    run: async (trial) => {
      const seconds = lifetimeOf(trial, 'otp')
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      await trial.wait(seconds + 1)
      const answer = await askToAuthorize(trial, body)
      refusedOtp(trial, await otpVerdict(trial, one, documents, answer))
      await authorize(trial, one, documents)
    },
  }),
])

interface Started {
  readonly one: Credential
  readonly documents: readonly Document[]
  readonly body: Body
}

/** A good authorization that was not sent. */
async function started(trial: Trial, wish: Wish): Promise<Started> {
  const one = await credential(trial, wish)
  const documents = [newDocument(usualHash(one))]
  return { one, documents, body: await authorizeBody(trial, one, documents) }
}

function refusedOtp(trial: Trial, answer: Answer): void {
  refusedAs(trial, answer, trial.errors.row(SECTION, 'otp-invalid'))
}

/** The answer to one wrong factor; a good authorization follows. */
async function withWrong(trial: Trial, wish: Wish, wrong: (body: Body) => object): Promise<Answer> {
  const { one, documents, body } = await started(trial, wish)
  const authorization = await askToAuthorize(trial, { ...body, ...wrong(body) })
  const answer =
    wish.factor === 'sent' ? await otpVerdict(trial, one, documents, authorization) : authorization
  await authorize(trial, one, documents)
  return answer
}

const withNull = (body: Body, name: string): Body => ({ ...body, [name]: null })
const withEmpty = (body: Body, name: string): Body => ({ ...body, [name]: '' })

async function refusedWithout(
  trial: Trial,
  name: 'PIN' | 'OTP',
  absent: (body: Body, name: string) => Body,
): Promise<void> {
  const { one, documents, body } = await started(trial, { factor: name === 'PIN' ? 'fixed' : 'sent' })
  refused(await askToAuthorize(trial, absent(body, name)))
  await authorize(trial, one, documents)
}

/** Two credentials of the user that demand the same factors, one of them a code that is sent. Throws NotRun. */
async function twoAlike(trial: Trial): Promise<readonly [Credential, Credential]> {
  const one = await credential(trial, { factor: 'sent' })
  const factors = (of: Credential): string =>
    demandsOf(trial, of)
      .map(({ id, isSent }) => id + String(isSent))
      .join()
  const all = await usableCredentials(trial, trial.account.user)
  const other = all.find((found) => found.id !== one.id && factors(found) === factors(one))
  if (other === undefined)
    throw new NotRun('two credentials with the same factors, one of them a code that is sent')
  return [one, other]
}
