import { altered } from '../../acts/altered.ts'
import { askToAuthorize } from '../../acts/askToAuthorize.ts'
import { authorizeBody, sadIn, without, type Body } from '../../acts/authorize.ts'
import { newDocument, newDocuments, type Document } from '../../acts/documents.ts'
import { EXTEND, extendBody, extended } from '../../acts/extend.ts'
import { usableCredentials } from '../../acts/credentials.ts'
import { post } from '../../acts/post.ts'
import { schemeOf, usualHash } from '../../acts/schemes.ts'
import { hashesName, prepare, SIGN_HASH, signed, signHashBody, type Prepared } from '../../acts/signHash.ts'
import { dropToken } from '../../acts/login.ts'
import { lifetimeOf, otherUser } from '../../acts/users.ts'
import { rule, type CaseIn } from '../../case.ts'
import { answered, holds, refused } from '../../expect.ts'
import { at } from '../../json.ts'
import { NotOffered, NotRun } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { callerCases } from './callerCases.ts'
import { foreignCase } from './foreignCase.ts'
import { formCase } from './formCase.ts'

/** The table of this method has one row; what else is refused is judged by 4xx and the error object. */
export const EXTEND_CASES: readonly CaseIn[] = [
  ...callerCases(goodBody),
  rule({
    name: 'new-sad',
    rule: 'A SAD is exchanged for another one, which signs what was authorized.',
    run: async (trial) => {
      const prepared = await prepare(trial)
      const { credential: one, documents, sad } = prepared
      const body = answered(await post(trial, EXTEND, extendBody(trial, one, sad, documents)))
      holds(sadIn(body) !== sad, 'the SAD is the old one')
      const seconds = at(body, 'expiresIn')
      const isGood = seconds === undefined || (Number.isInteger(seconds) && Number(seconds) > 0)
      holds(isGood, `expiresIn is ${JSON.stringify(seconds)}`)
      await signed(trial, withSad(trial, prepared, sadIn(body), documents))
    },
  }),
  rule({
    name: 'between-signatures',
    rule: 'Several calls of signHash in one authorization: sign, extend, sign the rest.',
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 2 })
      const { credential: one, documents, sad } = prepared
      const [first, second] = [documents.slice(0, 1), documents.slice(1)]
      await signed(trial, withSad(trial, prepared, sad, first))
      await signed(trial, withSad(trial, prepared, await extended(trial, one, sad, second), second))
    },
  }),
  rule({
    name: 'late-hash',
    rule: 'A hash that was not known at the authorization can be named when it is extended.',
    run: async (trial) => {
      const late = await lateAuthorization(trial)
      const { credential: one, sad, scheme } = late
      const documents = newDocuments(1, scheme.hash)
      await signed(trial, withSad(trial, late, await extended(trial, one, sad, documents), documents))
    },
  }),
  rule({
    name: 'no-more-signatures',
    rule: 'Extending adds no signatures: old and new SAD together sign what was authorized, once.',
    attacks: ['S04'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const { credential: one, documents, sad, body } = prepared
      const next = await extended(trial, one, sad, documents)
      await signed(trial, withSad(trial, prepared, next, documents))
      refused(await post(trial, SIGN_HASH, body))
      refused(await post(trial, SIGN_HASH, { ...body, SAD: next }))
    },
  }),
  rule({
    name: 'old-sad',
    level: 'SHOULD',
    rule: 'The old SAD ends with the exchange, for two of them would be one authorization too many.',
    run: async (trial) => {
      const { credential: one, documents, sad, body } = await prepare(trial)
      await extended(trial, one, sad, documents)
      refused(await post(trial, SIGN_HASH, body))
    },
  }),
  rule({
    name: 'scal2-without-hashes',
    rule: 'For a credential of SCAL 2 the hashes are named again.',
    attacks: ['S06'],
    run: (trial) => refusedWith(trial, (body) => without(body, hashesName(trial))),
  }),
  rule({
    name: 'more-hashes-than-signatures-left',
    rule: 'More hashes than signatures are left are refused, or sign no more than is left.',
    attacks: ['S11'],
    run: async (trial) => {
      const prepared = await prepare(trial, { scal: '2' })
      const { credential: one, documents, sad, scheme } = prepared
      const more = [...documents, newDocument(scheme.hash)]
      const answer = await post(trial, EXTEND, extendBody(trial, one, sad, more))
      if (answer.status !== 200) {
        refused(answer)
        return
      }
      const request = signHashBody(trial, one, sadIn(answer.json), more, scheme)
      refused(await post(trial, SIGN_HASH, request))
    },
  }),
  rule({
    name: 'spent-sad',
    rule: 'A SAD whose signatures were all made cannot be extended.',
    attacks: ['S04'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      await signed(trial, prepared)
      const { credential: one, documents, sad } = prepared
      refused(await post(trial, EXTEND, extendBody(trial, one, sad, documents)))
    },
  }),
  rule({
    name: 'sad-missing',
    rule: 'Without a SAD, as a text, nothing is extended.',
    run: async (trial) => {
      await refusedWith(trial, (body) => without(body, 'SAD'))
      for (const SAD of [null, '', 17, ['a']]) await refusedWith(trial, (body) => ({ ...body, SAD }))
    },
  }),
  rule({
    name: 'sad-unknown',
    rule: 'A SAD that was never given out cannot be extended.',
    attacks: ['S15'],
    run: (trial) => refusedWith(trial, (body) => ({ ...body, SAD: altered(String(body['SAD'])) })),
  }),
  rule({
    name: 'credential-missing',
    rule: 'Without credentialID, as a text, nothing is extended.',
    run: async (trial) => {
      await refusedWith(trial, (body) => without(body, 'credentialID'))
      for (const credentialID of [null, 17, ['a']])
        await refusedWith(trial, (body) => ({ ...body, credentialID }))
    },
  }),
  rule({
    name: 'sad-of-another-credential',
    rule: 'A SAD is of its credential: it is not extended for another one of the user.',
    attacks: ['S02'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const all = await usableCredentials(trial, trial.account.user)
      const other = all.find(({ id }) => id !== prepared.credential.id)
      if (other === undefined) throw new NotRun('a user with two enabled credentials')
      refused(await post(trial, EXTEND, { ...bodyOf(trial, prepared), credentialID: other.id }))
      await signed(trial, prepared)
    },
  }),
  rule({
    name: 'sad-of-another-user',
    rule: 'A SAD is of its user: nobody else extends it, and trying does not end it.',
    attacks: ['S01'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      refused(await post(trial, EXTEND, bodyOf(trial, prepared), { as: otherUser(trial) }))
      await signed(trial, prepared)
    },
  }),
  foreignCase(goodBody),
  rule({
    name: 'hash-no-list',
    rule: 'hash is a list of texts in base64.',
    attacks: ['H13'],
    run: async (trial) => {
      const { hash } = newDocument()
      for (const wrong of [hash, {}, [], [17], [[hash]], ['no base64']])
        await refusedWith(trial, (body) => ({ ...body, [hashesName(trial)]: wrong }))
    },
  }),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: 'clientData is any text, or null.',
    run: async (trial) => {
      for (const clientData of ['case 17', null])
        sadIn(answered(await post(trial, EXTEND, { ...(await goodBody(trial)), clientData })))
    },
  }),
  rule({
    name: 'expired-sad',
    rule: 'A SAD whose time is over cannot be extended.',
    attacks: ['S14'],
    waits: 'for a SAD to expire',
    run: async (trial) => {
      const seconds = lifetimeOf(trial, 'sad')
      dropToken(trial)
      const body = await goodBody(trial)
      await trial.wait(seconds + 1)
      refused(await post(trial, EXTEND, body))
    },
  }),
  formCase({
    good: async (trial) => post(trial, EXTEND, await goodBody(trial)),
    bad: async (trial) => post(trial, EXTEND, without(await goodBody(trial), 'SAD')),
  }),
]

async function goodBody(trial: Trial): Promise<Body> {
  return bodyOf(trial, await prepare(trial, { scal: '2' }))
}

function bodyOf(trial: Trial, { credential: one, sad, documents }: Prepared): Body {
  return extendBody(trial, one, sad, documents)
}

async function refusedWith(trial: Trial, change: (body: Body) => Body): Promise<void> {
  refused(await post(trial, EXTEND, change(await goodBody(trial))))
}

function withSad(trial: Trial, prepared: Prepared, sad: string, documents: readonly Document[]): Prepared {
  const { credential: one, scheme } = prepared
  return { ...prepared, sad, documents, body: signHashBody(trial, one, sad, documents, scheme) }
}

/** An authorization of SCAL 2 with one hash for two signatures, the first of which was made. Throws NotOffered. */
async function lateAuthorization(trial: Trial): Promise<Prepared> {
  const all = await usableCredentials(trial, trial.account.user)
  for (const one of all.filter(
    ({ mode, scal, multisign }) => mode === 'explicit' && scal === '2' && multisign > 1,
  )) {
    const scheme = schemeOf(one, usualHash(one))
    const documents = newDocuments(1, scheme.hash)
    const body = { ...(await authorizeBody(trial, one, documents)), numSignatures: 2 }
    const answer = await askToAuthorize(trial, body)
    if (answer.status !== 200) continue
    const sad = sadIn(answer.json)
    const made = {
      credential: one,
      documents,
      scheme,
      sad,
      body: signHashBody(trial, one, sad, documents, scheme),
    }
    await signed(trial, made)
    return made
  }
  throw new NotOffered(
    'no credential is authorized for more signatures than hashes, which the standard allows',
  )
}
