import { altered } from '../../acts/altered.ts'
import { askToAuthorize, AUTHORIZE } from '../../acts/askToAuthorize.ts'
import { authorize, authorizeBody, sadIn, without, type Body } from '../../acts/authorize.ts'
import { credential, type Wish } from '../../acts/credential.ts'
import type { Credential } from '../../acts/credentials.ts'
import { newDocument, newDocuments, type Document } from '../../acts/documents.ts'
import { demandsOf, factorValuesOf } from '../../acts/factors.ts'
import { otpVerdict } from '../../acts/otpVerdict.ts'
import { post } from '../../acts/post.ts'
import { usualHash } from '../../acts/schemes.ts'
import { prepare, SIGN_HASH, signed } from '../../acts/signHash.ts'
import { dropToken } from '../../acts/login.ts'
import { lifetimeOf, otherUser } from '../../acts/users.ts'
import { casesOf, rowOf, rule } from '../../case.ts'
import { answered, holds, refused, refusedAs } from '../../expect.ts'
import { at, listAt, textAt } from '../../json.ts'
import type { Trial } from '../../trial.ts'
import type { Answer } from '../../wire/answer.ts'
import { callerCases } from '../common/callerCases.ts'
import { formCase } from '../common/formCase.ts'

/** What is authorized, and by which factors. After each wrong one a right one is given, so that attempts do not add up. */
export const credentialsAuthorize = casesOf({ version: 'v2', method: AUTHORIZE, clause: '11.6' }, [
  ...callerCases(async (trial) => (await started(trial)).body),
  rule({
    name: 'sad',
    rule: 'With the right factors there is a SAD, or a handle (202) that leads to one; expiresIn is a whole number of seconds.',
    run: async (trial) => {
      const body = answered(await askToAuthorize(trial, (await started(trial)).body))
      sadIn(body)
      const seconds = at(body, 'expiresIn')
      if (seconds === undefined) trial.note('expiresIn is left out, which means 3600')
      else holds(Number.isInteger(seconds) && Number(seconds) > 0, `expiresIn is ${JSON.stringify(seconds)}`)
    },
  }),
  rule({
    name: 'as-many-as-multisign',
    rule: 'As many signatures as multisign says can be authorized at once.',
    run: async (trial) => {
      const one = await credential(trial)
      await authorize(trial, one, newDocuments(Math.min(one.multisign, 1000), usualHash(one)))
    },
  }),
  rule({
    name: 'scal2-without-hashes',
    rule: 'A credential of SCAL 2 is authorized for no signature without hashes: it is refused, or signs only what is named when it is extended.',
    attacks: ['S06'],
    run: async (trial) => {
      const { one, body } = await started(trial, { scal: '2' })
      const answer = await askToAuthorize(trial, without(body, 'hashes', 'hashAlgorithmOID'))
      if (answer.status !== 200) {
        refused(answer)
        return
      }
      const prepared = await prepare(trial, { scal: '2' })
      const request = { ...prepared.body, credentialID: one.id, SAD: sadIn(answer.json) }
      refused(await post(trial, SIGN_HASH, request))
    },
  }),
  rule({
    name: 'hashes-odd',
    rule: 'hashes is a list of texts in standard base64, and not empty where SCAL is 2.',
    attacks: ['H13'],
    run: async (trial) => {
      const { body } = await started(trial, { scal: '2' })
      const { hash } = newDocument()
      for (const hashes of [hash, {}, [], [17], [null], [[hash]], ['no base64']])
        refused(await askToAuthorize(trial, { ...body, hashes }))
    },
  }),
  rule({
    name: 'factor-wrong',
    row: 'factor-wrong',
    rule: 'A wrong value of a password object is refused.',
    attacks: ['O01'],
    run: (trial) => wrongFactor(trial, { factor: 'fixed' }, (value) => altered(value)),
  }),
  rule({
    name: 'code-wrong',
    rule: 'A wrong value of a challenge object is refused by the same words.',
    attacks: ['O01'],
    run: (trial) => wrongFactor(trial, { factor: 'sent' }, (value) => altered(value)),
  }),
  rule({
    name: 'factor-near-miss',
    rule: 'A value that is cut or added to is wrong.',
    attacks: ['O08'],
    run: async (trial) => {
      await wrongFactor(trial, { factor: 'fixed' }, (value) => value.slice(0, -1))
      await wrongFactor(trial, { factor: 'fixed' }, (value) => `${value}0`)
    },
  }),
  rule({
    name: 'factor-missing',
    rule: 'Each object that the expression demands must be there.',
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      for (const [index] of listAt(body, 'authData').entries()) {
        const authData = listAt(body, 'authData').filter((_, other) => other !== index)
        refused(await askToAuthorize(trial, { ...body, authData }))
      }
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'no-factors',
    rule: 'Without authData, or with an empty one, a credential that demands factors is not authorized.',
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      for (const authData of [undefined, null, []])
        refused(await askToAuthorize(trial, { ...body, authData }))
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'factor-odd',
    rule: 'authData is a list of objects whose id and value are texts.',
    attacks: ['O08'],
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      const [first] = listAt(body, 'authData')
      for (const wrong of ['x', {}, [17], [null], [{ ...Object.assign({}, first), value: 17 }], [[first]]])
        refused(await askToAuthorize(trial, { ...body, authData: wrong }))
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'object-unknown',
    rule: 'An object that the credential does not have stands for none that it demands.',
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      const authData = listAt(body, 'authData').map((object) => ({
        ...Object.assign({}, object),
        id: 'no-such-object',
      }))
      refused(await askToAuthorize(trial, { ...body, authData }))
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'code-twice',
    rule: 'A code that has authorized something authorizes nothing more.',
    attacks: ['O05'],
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      answered(await askToAuthorize(trial, body))
      await refusedCode(trial, one, documents, await askToAuthorize(trial, body))
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'code-at-once',
    rule: 'A code that comes many times at once authorizes once.',
    attacks: ['O02'],
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      const over = trial.service.withConnections(2)
      const answers = await Promise.all([1, 2].map(() => askToAuthorize(trial, body, { over })))
      const good = answers.filter(({ status }) => status === 200).length
      holds(good === 1, `${good} of 2 authorizations with one code succeeded`)
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'code-of-another-user',
    rule: 'A code that was sent to somebody else is wrong.',
    attacks: ['O05'],
    run: async (trial) => {
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      const others = await credential(trial, { of: otherUser(trial), factor: 'sent' })
      const sent = demandsOf(trial, others).filter(({ isSent }) => isSent)
      const values = await factorValuesOf(trial, others)
      const authData = listAt(body, 'authData').map((object) => {
        const [id, value] = [textAt(object, 'id') ?? '', textAt(object, 'value') ?? '']
        return { id, value: sent.some((one) => one.id === id) ? (values[id] ?? '') : value }
      })
      await refusedCode(trial, one, documents, await askToAuthorize(trial, { ...body, authData }))
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'code-expires',
    rule: 'A code authorizes nothing when its time is over.',
    waits: 'for an OTP to expire',
    alone: 'a newer code may end it',
    run: async (trial) => {
      const seconds = lifetimeOf(trial, 'otp')
      dropToken(trial)
      const { one, body, documents } = await started(trial, { factor: 'sent' })
      await trial.wait(seconds + 1)
      await refusedCode(trial, one, documents, await askToAuthorize(trial, body))
      await authorize(trial, one, documents)
    },
  }),
  rule({
    name: 'description',
    rule: 'A description of up to 500 characters is taken; the SAD signs all the same.',
    run: async (trial) => {
      const { body } = await started(trial)
      answered(await askToAuthorize(trial, { ...body, description: 'Lease — ß, 你好 '.padEnd(500, '.') }))
    },
  }),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text.',
    run: async (trial) => {
      const { body } = await started(trial)
      answered(await askToAuthorize(trial, { ...body, description: null, clientData: 'case 17' }))
    },
  }),
  rule({
    name: 'sads-are-apart',
    rule: 'Two authorizations for the same hash give two SADs, each of which signs once.',
    run: async (trial) => {
      const [one, other] = [await prepare(trial), await prepare(trial)]
      holds(one.sad !== other.sad, 'two authorizations gave the same SAD')
      await signed(trial, one)
      await signed(trial, other)
    },
  }),
  formCase({
    good: async (trial) => askToAuthorize(trial, (await started(trial)).body),
    bad: async (trial) => askToAuthorize(trial, without((await started(trial)).body, 'numSignatures')),
  }),
])

interface Started {
  readonly one: Credential
  readonly documents: readonly Document[]
  readonly body: Body
}

/** A good authorization that was not sent. */
async function started(trial: Trial, wish: Wish = {}): Promise<Started> {
  const one = await credential(trial, wish)
  const documents = [newDocument(usualHash(one))]
  return { one, documents, body: await authorizeBody(trial, one, documents) }
}

/** One wrong value, of the object that the wish is about; a good authorization follows. */
async function wrongFactor(trial: Trial, wish: Wish, change: (value: string) => string): Promise<void> {
  const { one, documents, body } = await started(trial, wish)
  const isSent = (id: string): boolean =>
    listAt(one.info, 'auth/objects').some(
      (object) => textAt(object, 'id') === id && textAt(object, 'type') === 'ChallengeResponse',
    )
  const authData = listAt(body, 'authData').map((object) => {
    const [id, value] = [textAt(object, 'id') ?? '', textAt(object, 'value') ?? '']
    return { id, value: isSent(id) === (wish.factor === 'sent') ? change(value) : value }
  })
  const answer = await askToAuthorize(trial, { ...body, authData })
  if (wish.factor === 'sent') await refusedCode(trial, one, documents, answer)
  else refusedWrong(trial, answer)
  await authorize(trial, one, documents)
}

/** A wrong code is refused when it authorizes, or, of a service that checks it late, when its SAD shall sign. */
async function refusedCode(
  trial: Trial,
  one: Credential,
  documents: readonly Document[],
  authorization: Answer,
): Promise<void> {
  if (authorization.status !== 200) refusedWrong(trial, authorization)
  else {
    const verdict = await otpVerdict(trial, one, documents, authorization)
    refusedAs(trial, verdict, rowOf(trial, SIGN_HASH, 'otp-of-the-sad-invalid'))
  }
}

function refusedWrong(trial: Trial, answer: Answer): void {
  refusedAs(trial, answer, rowOf(trial, AUTHORIZE, 'factor-wrong'))
}
