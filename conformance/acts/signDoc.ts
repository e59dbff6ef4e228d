import { answered, holds } from '../expect.ts'
import { listAt, textsAt } from '../json.ts'
import { NotOffered } from '../outcome.ts'
import { infoOf } from '../run/offers.ts'
import type { Trial } from '../trial.ts'
import { authorize, type Body } from './authorize.ts'
import { cmsIsBaseline, cmsVerifies, readCms } from './cms.ts'
import { credential, type Wish } from './credential.ts'
import type { Credential } from './credentials.ts'
import { hashesOf, HASH_OIDS, newDocuments, type Document } from './documents.ts'
import { post } from './post.ts'
import { schemeOf, usualHash, type Scheme } from './schemes.ts'

export const SIGN_DOC = 'signatures/signDoc'

/** CAdES, PAdES: what the suite can verify. */
export type Format = 'C' | 'P'

/** Everything that a signature of documents takes, made and not yet used. */
export interface PreparedDocs {
  readonly credential: Credential
  readonly documents: readonly Document[]
  readonly scheme: Scheme
  readonly format: Format
  readonly sad: string
  /** A good `signatures/signDoc`. */
  readonly body: Body
}

export interface DocPreparation extends Wish {
  readonly count?: number
  readonly scheme?: Scheme
  readonly format?: Format
  /** What the request has: digests unless it says otherwise. */
  readonly sends?: 'digests' | 'documents'
  /** Of CAdES: detached unless it says otherwise, or the service has no such. */
  readonly envelope?: string
}

/** An authorization for new documents, and the request that would sign them. */
export async function prepareDocs(trial: Trial, wish: DocPreparation = {}): Promise<PreparedDocs> {
  const format = wish.format ?? (await anyFormat(trial))
  await requireFormat(trial, format, wish.envelope)
  const one = await credential(trial, { ...wish, multisign: wish.count ?? 1 })
  const scheme = wish.scheme ?? schemeOf(one, usualHash(one))
  const documents = newDocuments(wish.count ?? 1, scheme.hash)
  const sad = await authorize(trial, one, documents)
  const authorized = { credential: one, documents, scheme, format, sad }
  return { ...authorized, body: await signDocBody(trial, authorized, wish) }
}

/** The request that signs these documents, as far as the SAD authorizes them. */
export async function signDocBody(
  trial: Trial,
  { credential: one, documents, scheme, format, sad }: Omit<PreparedDocs, 'body'>,
  { sends, envelope }: Pick<DocPreparation, 'sends' | 'envelope'> = {},
): Promise<Body> {
  const property = envelope ?? (format === 'C' ? 'Detached' : undefined)
  const level = await usualLevel(trial)
  const manner = {
    signature_format: format,
    ...(level === undefined ? {} : { conformance_level: level }),
    ...(property === undefined ? {} : { signed_envelope_property: property }),
    signAlgo: scheme.signAlgo,
    ...(scheme.signAlgoParams === undefined ? {} : { signAlgoParams: scheme.signAlgoParams }),
  }
  const hashAlgorithmOID = HASH_OIDS[scheme.hash]
  const what =
    sends === 'documents'
      ? { documents: documents.map(({ data }) => ({ document: data.toString('base64'), ...manner })) }
      : { documentDigests: [{ hashes: hashesOf(documents), hashAlgorithmOID, ...manner }] }
  return { credentialID: one.id, SAD: sad, ...what }
}

/** Spelled as `info` does; undefined when it names none. */
async function usualLevel(trial: Trial): Promise<string | undefined> {
  const levels = textsAt(await infoOf(trial), 'conformance_levels')
  return levels.find((level) => level.toUpperCase() === 'ADES-B-B') ?? levels[0]
}

/** One that the suite can verify. Throws NotOffered. */
export async function anyFormat(trial: Trial): Promise<Format> {
  const formats = textsAt(await infoOf(trial), 'signature_formats/formats')
  const found = (['C', 'P'] as const).find((format) => formats.includes(format))
  if (found === undefined) throw new NotOffered('`info` names neither C nor P in signature_formats')
  return found
}

/** Throws NotOffered unless `info` names the format and, where it tells the properties, the property. */
export async function requireFormat(trial: Trial, format: Format, envelope?: string): Promise<void> {
  const info = await infoOf(trial)
  const position = textsAt(info, 'signature_formats/formats').indexOf(format)
  if (position < 0) throw new NotOffered(`\`info\` does not name ${format} in signature_formats`)
  const properties = listAt(info, 'signature_formats/envelope_properties')[position]
  if (envelope === undefined || !Array.isArray(properties) || properties.length === 0) return
  if (!properties.includes(envelope))
    throw new NotOffered(`\`info\` does not name ${envelope} for ${format} in envelope_properties`)
}

/** A copy of the request whose first entry is changed so. */
export function withEntry({ body }: PreparedDocs, change: Body | ((entry: Body) => Body)): Body {
  const name = 'documents' in body ? 'documents' : 'documentDigests'
  const [first, ...others] = listAt(body, name)
  const entry: Body = Object.assign({}, first)
  const changed = typeof change === 'function' ? change(entry) : { ...entry, ...change }
  return { ...body, [name]: [changed, ...others] }
}

/** Sends a prepared request and verifies each detached signature, in the order of the request. */
export async function docsSigned(trial: Trial, prepared: PreparedDocs): Promise<readonly Buffer[]> {
  const answer = await post(trial, SIGN_DOC, prepared.body, { as: prepared.credential.user })
  return detachedIn(prepared, answered(answer))
}

/** The `SignatureObject`s of a body, verified over the documents. Throws Refuted. */
export function detachedIn({ credential: one, documents }: PreparedDocs, body: unknown): readonly Buffer[] {
  const objects = listAt(body, 'SignatureObject')
  holds(
    objects.length === documents.length,
    `${documents.length} digests were sent, ${objects.length} came back in SignatureObject`,
  )
  return documents.map(({ data }, index) => {
    const cms = readCms(objects[index])
    holds(cms.content === undefined, 'a detached signature has content in it')
    cmsVerifies(cms, data, one.certificate)
    cmsIsBaseline(cms, one.certificate)
    return cms.bytes
  })
}
