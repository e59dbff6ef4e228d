import { answered, textIn } from '../expect.ts'
import type { Trial } from '../trial.ts'
import { askToAuthorize } from './askToAuthorize.ts'
import type { Credential } from './credentials.ts'
import { hashesOf, HASH_OIDS, type Document } from './documents.ts'
import { factorMembers } from './factors.ts'
import { usualHash } from './schemes.ts'

/** A body as a case may change it. */
export type Body = Readonly<Record<string, unknown>>

/** The members that say which hashes: `hash`; or `hashes` with their algorithm. */
export function hashMembers({ version }: Trial, one: Credential, documents: readonly Document[]): Body {
  if (version === 'v1') return { hash: hashesOf(documents) }
  return {
    hashes: hashesOf(documents),
    hashAlgorithmOID: HASH_OIDS[documents[0]?.algorithm ?? usualHash(one)],
  }
}

/** A good `credentials/authorize` for these documents, with the factors' values of this moment. */
export async function authorizeBody(
  trial: Trial,
  one: Credential,
  documents: readonly Document[],
): Promise<Body> {
  return {
    credentialID: one.id,
    numSignatures: documents.length,
    ...hashMembers(trial, one, documents),
    ...(await factorMembers(trial, one)),
  }
}

/** A SAD for these documents. */
export async function authorize(
  trial: Trial,
  one: Credential,
  documents: readonly Document[],
): Promise<string> {
  const body = await authorizeBody(trial, one, documents)
  return sadIn(answered(await askToAuthorize(trial, body, { as: one.user })))
}

export function sadIn(body: unknown): string {
  return textIn(body, 'SAD')
}

/** A copy without these members. */
export function without(body: Body, ...names: readonly string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
}
