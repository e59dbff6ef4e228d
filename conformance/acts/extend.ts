import { answered } from '../expect.ts'
import type { Trial } from '../trial.ts'
import { sadIn, type Body } from './authorize.ts'
import type { Credential } from './credentials.ts'
import { hashesOf, type Document } from './documents.ts'
import { post } from './post.ts'

export const EXTEND = 'credentials/extendTransaction'

/** A good `credentials/extendTransaction` for these documents. */
export function extendBody(
  { version }: Trial,
  one: Credential,
  sad: string,
  documents: readonly Document[],
): Body {
  const name = version === 'v1' ? 'hash' : 'hashes'
  return { credentialID: one.id, SAD: sad, [name]: hashesOf(documents) }
}

/** The SAD that takes the place of another one. */
export async function extended(
  trial: Trial,
  one: Credential,
  sad: string,
  documents: readonly Document[],
): Promise<string> {
  const body = extendBody(trial, one, sad, documents)
  return sadIn(answered(await post(trial, EXTEND, body, { as: one.user })))
}
