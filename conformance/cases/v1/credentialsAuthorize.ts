import { askToAuthorize, AUTHORIZE } from '../../acts/askToAuthorize.ts'
import { authorize, authorizeBody, sadIn, without } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { usableCredentials } from '../../acts/credentials.ts'
import { newDocument, newDocuments } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { SIGN_HASH, signed, signHashBody } from '../../acts/signHash.ts'
import { schemeOf, usualHash } from '../../acts/schemes.ts'
import { casesOf, rule } from '../../case.ts'
import { answered, holds, refused } from '../../expect.ts'
import { at } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { callerCases } from '../common/callerCases.ts'
import { formCase } from '../common/formCase.ts'

/** What is authorized, and what comes of it. */
export const credentialsAuthorize = casesOf({ version: 'v1', method: AUTHORIZE, clause: '11.6' }, [
  ...callerCases(goodBody),
  rule({
    name: 'sad',
    rule: 'With the right factors there is a SAD; expiresIn, where it is given, is a whole number of seconds.',
    run: async (trial) => {
      const body = answered(await askToAuthorize(trial, await goodBody(trial)))
      sadIn(body)
      const seconds = at(body, 'expiresIn')
      if (seconds === undefined) trial.note('expiresIn is left out, which means 3600')
      else holds(Number.isInteger(seconds) && Number(seconds) > 0, `expiresIn is ${JSON.stringify(seconds)}`)
    },
  }),
  rule({
    name: 'sad-is-new',
    rule: 'Each authorization gives another SAD, also for the same hash.',
    run: async (trial) => {
      const one = await credential(trial)
      const documents = [newDocument(usualHash(one))]
      const sads = [await authorize(trial, one, documents), await authorize(trial, one, documents)]
      holds(new Set(sads).size === 2, 'two authorizations gave the same SAD')
    },
  }),
  rule({
    name: 'several',
    rule: 'A credential with multisign above 1 is authorized for several hashes at once.',
    run: async (trial) => {
      const one = await credential(trial, { multisign: 3 })
      sadIn(answered(await askToAuthorize(trial, await authorizeBody(trial, one, newDocuments(3)))))
    },
  }),
  rule({
    name: 'as-many-as-multisign',
    rule: 'As many signatures as multisign says can be authorized at once.',
    run: async (trial) => {
      const one = await credential(trial)
      const count = Math.min(one.multisign, 1000)
      await authorize(trial, one, newDocuments(count, usualHash(one)))
    },
  }),
  rule({
    name: 'without-hashes',
    rule: 'A credential of SCAL 1 is authorized without hashes, and signs what comes then.',
    run: async (trial) => {
      const one = await credential(trial, { scal: '1' })
      const documents = [newDocument(usualHash(one))]
      const body = without(await authorizeBody(trial, one, documents), 'hash')
      const sad = sadIn(answered(await askToAuthorize(trial, body)))
      const scheme = schemeOf(one, usualHash(one))
      const request = signHashBody(trial, one, sad, documents, scheme)
      await signed(trial, { credential: one, documents, scheme, sad, body: request })
    },
  }),
  rule({
    name: 'scal2-without-hashes',
    rule: 'A credential of SCAL 2 is not authorized without hashes.',
    attacks: ['S06'],
    run: async (trial) => {
      const one = await credential(trial, { scal: '2' })
      const body = await authorizeBody(trial, one, [newDocument(usualHash(one))])
      refused(await askToAuthorize(trial, without(body, 'hash')))
    },
  }),
  rule({
    name: 'scal2-empty-hashes',
    rule: 'An empty list of hashes is no list: SCAL 2 is not authorized by it.',
    attacks: ['S06'],
    run: (trial) => refusedWith(trial, { hash: [] }),
  }),
  rule({
    name: 'hash-no-list',
    rule: 'hash is a list of texts.',
    attacks: ['H13'],
    run: async (trial) => {
      const { hash } = newDocument()
      for (const wrong of [hash, { 0: hash }, [17], [null], [[hash]], [{ hash }]])
        await refusedWith(trial, { hash: wrong })
    },
  }),
  rule({
    name: 'hash-no-base64',
    rule: 'Each hash is standard base64.',
    run: async (trial) => {
      const { hash } = newDocument()
      await refusedWith(trial, { hash: [`!${hash.slice(1)}`] })
      await refusedWith(trial, { hash: ['not base64 at all'] })
    },
  }),
  rule({
    name: 'fewer-hashes-than-signatures',
    rule: 'With fewer hashes than signatures the authorization is refused, or covers no more than these hashes.',
    attacks: ['S11'],
    run: async (trial) => {
      const one = await credential(trial, { scal: '2', multisign: 2 })
      const [named, other] = newDocuments(2, usualHash(one))
      if (named === undefined || other === undefined) throw new Error('two documents were made')
      const body = { ...(await authorizeBody(trial, one, [named])), numSignatures: 2 }
      const answer = await askToAuthorize(trial, body)
      trial.note(`seen: ${answer.status}`)
      if (answer.status !== 200) {
        refused(answer)
        return
      }
      const scheme = schemeOf(one, usualHash(one))
      refused(await post(trial, SIGN_HASH, signHashBody(trial, one, sadIn(answer.json), [other], scheme)))
    },
  }),
  rule({
    name: 'more-hashes-than-signatures',
    rule: 'With more hashes than signatures the authorization is refused, or covers no more signatures than were asked for.',
    attacks: ['S11'],
    run: async (trial) => {
      const one = await credential(trial, { scal: '2', multisign: 2 })
      const documents = newDocuments(2, usualHash(one))
      const body = { ...(await authorizeBody(trial, one, documents)), numSignatures: 1 }
      const answer = await askToAuthorize(trial, body)
      trial.note(`seen: ${answer.status}`)
      if (answer.status !== 200) {
        refused(answer)
        return
      }
      const scheme = schemeOf(one, usualHash(one))
      refused(await post(trial, SIGN_HASH, signHashBody(trial, one, sadIn(answer.json), documents, scheme)))
    },
  }),
  rule({
    name: 'description',
    rule: 'A description of up to 500 characters is taken.',
    run: async (trial) => {
      const description = 'Lease of a cold store, 12 pages — ß, 你好 '.padEnd(500, '.')
      answered(await askToAuthorize(trial, { ...(await goodBody(trial)), description }))
    },
  }),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text.',
    run: async (trial) => {
      const members = { description: null, clientData: 'case 17' }
      answered(await askToAuthorize(trial, { ...(await goodBody(trial)), ...members }))
    },
  }),
  rule({
    name: 'oauth-credential',
    rule: 'A credential that is authorized by OAuth is not authorized here.',
    run: async (trial) => {
      const { user } = trial.account
      const id = await oauthCredential(trial)
      const body = { credentialID: id, numSignatures: 1, hash: [newDocument().hash] }
      refused(await askToAuthorize(trial, body, { as: user }))
    },
  }),
  formCase({
    good: async (trial) => askToAuthorize(trial, await goodBody(trial)),
    bad: async (trial) => askToAuthorize(trial, without(await goodBody(trial), 'numSignatures')),
  }),
])

async function goodBody(trial: Trial): Promise<Record<string, unknown>> {
  const one = await credential(trial)
  return { ...(await authorizeBody(trial, one, [newDocument(usualHash(one))])) }
}

/** An otherwise good authorization of SCAL 2. Throws Refuted unless it is refused. */
async function refusedWith(trial: Trial, members: object): Promise<void> {
  const one = await credential(trial, { scal: '2' })
  const body = await authorizeBody(trial, one, [newDocument(usualHash(one))])
  refused(await askToAuthorize(trial, { ...body, ...members }))
}

async function oauthCredential(trial: Trial): Promise<string> {
  const all = await usableCredentials(trial, trial.account.user)
  const found = all.find(({ mode }) => mode === 'oauth2code')
  if (found === undefined) throw new NotOffered('no credential of the user has authMode oauth2code')
  return found.id
}
