import { answered, holds } from '../expect.ts'
import { listAt } from '../json.ts'
import type { Trial } from '../trial.ts'
import { authorize, type Body } from './authorize.ts'
import { credential, type Wish } from './credential.ts'
import type { Credential } from './credentials.ts'
import { hashesOf, newDocuments, type Document } from './documents.ts'
import { post } from './post.ts'
import { schemeOf, usualHash, type Scheme } from './schemes.ts'
import { verifies } from './verify.ts'

export const SIGN_HASH = 'signatures/signHash'

/** Everything that a signature takes, made and not yet used. */
export interface Prepared {
  readonly credential: Credential
  readonly documents: readonly Document[]
  readonly scheme: Scheme
  readonly sad: string
  /** A good `signatures/signHash`. */
  readonly body: Body
}

export interface Preparation extends Wish {
  readonly count?: number
  readonly scheme?: Scheme
}

/** An authorization for new documents, and the request that would sign them. */
export async function prepare(trial: Trial, wish: Preparation = {}): Promise<Prepared> {
  const count = wish.count ?? 1
  const one = await credential(trial, { ...wish, multisign: count })
  const scheme = wish.scheme ?? schemeOf(one, usualHash(one))
  const documents = newDocuments(count, scheme.hash)
  const sad = await authorize(trial, one, documents)
  return { credential: one, documents, scheme, sad, body: signHashBody(trial, one, sad, documents, scheme) }
}

export function signHashBody(
  trial: Trial,
  one: Credential,
  sad: string,
  documents: readonly Document[],
  scheme: Scheme,
): Body {
  return {
    credentialID: one.id,
    SAD: sad,
    [hashesName(trial)]: hashesOf(documents),
    ...(scheme.hashAlgo === undefined ? {} : { [hashAlgorithmName(trial)]: scheme.hashAlgo }),
    signAlgo: scheme.signAlgo,
    ...(scheme.signAlgoParams === undefined ? {} : { signAlgoParams: scheme.signAlgoParams }),
  }
}

/** Sends a prepared request and verifies each signature over its document, in the order of the request. */
export async function signed(trial: Trial, prepared: Prepared): Promise<readonly string[]> {
  const answer = await post(trial, SIGN_HASH, prepared.body, { as: prepared.credential.user })
  return verifiedIn(prepared, answered(answer))
}

/** The signatures of a body, verified. Throws Refuted. */
export function verifiedIn(
  { credential: one, documents, scheme }: Prepared,
  body: unknown,
): readonly string[] {
  const signatures = listAt(body, 'signatures')
  holds(
    signatures.length === documents.length,
    `${documents.length} hashes were sent, ${signatures.length} signatures came back`,
  )
  documents.forEach((document, index) => {
    verifies(one, scheme, document, signatures[index])
  })
  return signatures.filter((signature) => typeof signature === 'string')
}

/** What the version calls the member with the hashes. */
export function hashesName({ version }: Pick<Trial, 'version'>): 'hash' | 'hashes' {
  return version === 'v1' ? 'hash' : 'hashes'
}

/** What the version calls the member with the algorithm of the hashes. */
export function hashAlgorithmName({ version }: Pick<Trial, 'version'>): 'hashAlgo' | 'hashAlgorithmOID' {
  return version === 'v1' ? 'hashAlgo' : 'hashAlgorithmOID'
}

/** A copy of the request with these hashes. */
export function withHashes(trial: Trial, { body }: Pick<Prepared, 'body'>, hashes: unknown): Body {
  return { ...body, [hashesName(trial)]: hashes }
}

/** The prepared request for these of its documents, in this order. */
export function preparedFor(trial: Trial, prepared: Prepared, documents: readonly Document[]): Prepared {
  return { ...prepared, documents, body: withHashes(trial, prepared, hashesOf(documents)) }
}
