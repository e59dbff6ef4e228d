import { listAt, textAt } from '../json.ts'
import type { Trial } from '../trial.ts'
import type { Answer } from '../wire/answer.ts'
import { altered } from './altered.ts'
import { sadIn, type Body } from './authorize.ts'
import type { Credential } from './credentials.ts'
import type { Document } from './documents.ts'
import { demandsOf } from './factors.ts'
import { post } from './post.ts'
import { schemeOf, usualHash } from './schemes.ts'
import { SIGN_HASH, signHashBody } from './signHash.ts'

/**
 * The answer that tells whether an OTP was taken: that of the authorization; or, of a service that gives a SAD for any
 * and checks the OTP when it signs, that of the signature.
 */
export async function otpVerdict(
  trial: Trial,
  one: Credential,
  documents: readonly Document[],
  authorization: Answer,
): Promise<Answer> {
  if (authorization.status !== 200) return authorization
  const scheme = schemeOf(one, usualHash(one))
  const body = signHashBody(trial, one, sadIn(authorization.json), documents, scheme)
  const signature = await post(trial, SIGN_HASH, body, { as: one.user })
  if (signature.status !== 200) trial.note('seen: the OTP is checked when it signs, not when it authorizes')
  return signature
}

/** A good authorization with another value for each code that was sent. */
export function withWrongCode(trial: Trial, one: Credential, body: Body): Body {
  const sent = demandsOf(trial, one)
    .filter(({ isSent }) => isSent)
    .map(({ id }) => id)
  if (trial.version === 'v1')
    return { ...body, ...Object.fromEntries(sent.map((id) => [id, altered(String(body[id]))])) }
  const authData = listAt(body, 'authData').map((object) => {
    const [id, value] = [textAt(object, 'id') ?? '', textAt(object, 'value') ?? '']
    return { id, value: sent.includes(id) ? altered(value) : value }
  })
  return { ...body, authData }
}
