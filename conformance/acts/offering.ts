import { NotOffered } from '../outcome.ts'
import type { Trial } from '../trial.ts'
import { authorize } from './authorize.ts'
import { credential } from './credential.ts'
import { keyKind, usableCredentials, type Credential } from './credentials.ts'
import { newDocument } from './documents.ts'
import type { Scheme } from './schemes.ts'
import { signHashBody, type Prepared } from './signHash.ts'

/** One credential of each kind of key, none whose codes have to be waited for. Throws NotRun when there is none. */
export async function oneOfEachKind(trial: Trial): Promise<readonly Credential[]> {
  const wanted = [await credential(trial)]
  const all = await usableCredentials(trial, trial.account.user)
  for (const kind of ['RSA', 'EC'] as const)
    if (all.some((one) => keyKind(one) === kind)) wanted.push(await credential(trial, { key: kind }))
  return [...new Map(wanted.map((one) => [one.id, one])).values()]
}

/** A credential whose key/algo has the OID. Throws NotOffered. */
export async function offering(trial: Trial, oid: string): Promise<Credential> {
  const one = (await oneOfEachKind(trial)).find(({ algos }) => algos.includes(oid))
  if (one === undefined) throw new NotOffered(`no key/algo of the user's credentials has ${oid}`)
  return one
}

/** An authorization for one new document, and the request that would sign it in this way. */
export async function preparedWith(trial: Trial, one: Credential, scheme: Scheme): Promise<Prepared> {
  const documents = [newDocument(scheme.hash)]
  const sad = await authorize(trial, one, documents)
  return { credential: one, documents, scheme, sad, body: signHashBody(trial, one, sad, documents, scheme) }
}
