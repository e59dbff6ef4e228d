import { createHash, X509Certificate } from 'node:crypto'
import { ContentInfo, SignedData, type SignerInfo } from 'pkijs'
import { holds } from '../expect.ts'
import { Refuted } from '../outcome.ts'
import { HASH_OIDS, type HashName } from './documents.ts'
import { signatureMatches } from './cmsSignature.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'

/** A CMS SignedData with one signer, as far as the suite looks into it. */
export interface Cms {
  /** DER or BER, as it came. */
  readonly bytes: Buffer
  readonly contentType: string
  /** What is enclosed; undefined when the signature is detached. */
  readonly content: Buffer | undefined
  /** DER. */
  readonly certificates: readonly Buffer[]
  readonly signer: SignerInfo
}

/** Reads the base64 of an answer. Throws Refuted for what is no CMS SignedData with one signer. */
export function readCms(value: unknown): Cms {
  holds(typeof value === 'string' && value !== '', 'a signature is no text')
  return cmsOf(Buffer.from(value, 'base64'))
}

/** As `readCms`, of bytes; what follows the structure is not looked at, for a PDF pads with zeros. */
export function cmsOf(bytes: Buffer): Cms {
  const signed = signedDataOf(bytes)
  const [signer, ...others] = signed.signerInfos
  holds(signer !== undefined && others.length === 0, 'a CMS signature must have exactly one signer here')
  const { eContent, eContentType } = signed.encapContentInfo
  return {
    bytes,
    contentType: eContentType,
    content: eContent === undefined ? undefined : Buffer.from(eContent.getValue()),
    certificates: (signed.certificates ?? []).map((one) => Buffer.from(one.toSchema().toBER(false))),
    signer,
  }
}

function signedDataOf(bytes: Buffer): SignedData {
  try {
    const info = ContentInfo.fromBER(Uint8Array.from(bytes))
    // A library's `any`: only passed on.
    const schema: unknown = info.content
    if (info.contentType === SIGNED_DATA) return new SignedData({ schema })
  } catch (cause) {
    throw new Refuted('a signature is no CMS structure that can be read', { cause })
  }
  throw new Refuted('a CMS structure is not a SignedData')
}

/** Throws Refuted, unless the signature over its signed attributes is the key's, and they hold the content's digest. */
export function cmsVerifies(cms: Cms, content: Buffer, certificate: Buffer): void {
  const { signer } = cms
  const hash = hashNamed(signer.digestAlgorithm.algorithmId)
  const digest = createHash(hash).update(content).digest()
  const kept = attribute(cms, MESSAGE_DIGEST)
  holds(kept !== undefined, 'the CMS has no signed attribute message-digest')
  // DER of an OCTET STRING: two bytes before the digest.
  holds(kept.subarray(2).equals(digest), 'the message-digest in the CMS is not that of the document')
  holds(attribute(cms, CONTENT_TYPE) !== undefined, 'the CMS has no signed attribute content-type')
  const isGood = signatureMatches(signer, hash, new X509Certificate(certificate).publicKey)
  holds(isGood, 'the signature in the CMS does not verify under the certificate')
}

/** Throws Refuted, unless the signed attributes name the signing certificate and the CMS has it: AdES baseline B-B. */
export function cmsIsBaseline(cms: Cms, certificate: Buffer): void {
  const reference = attribute(cms, SIGNING_CERTIFICATE_V2) ?? attribute(cms, SIGNING_CERTIFICATE)
  holds(
    reference !== undefined,
    'no signed attribute names the signing certificate (ESS signing-certificate)',
  )
  const hashes = (['sha1', 'sha256', 'sha384', 'sha512'] as const).map((name) =>
    createHash(name).update(certificate).digest(),
  )
  const isNamed = hashes.some((hash) => reference.includes(hash))
  holds(isNamed, 'the ESS signing-certificate attribute is of another certificate')
  const isThere = cms.certificates.some((one) => one.equals(certificate))
  holds(isThere, 'the CMS does not have the signing certificate in it')
}

/** DER of the attribute's first value. */
export function attribute({ signer }: Cms, oid: string): Buffer | undefined {
  const found = signer.signedAttrs?.attributes.find(({ type }) => type === oid)
  const [value] = (found?.values ?? []) as readonly { readonly toBER: () => ArrayBuffer }[]
  return value === undefined ? undefined : Buffer.from(value.toBER())
}

function hashNamed(oid: string): HashName {
  const found = (['sha256', 'sha384', 'sha512'] as const).find((name) => HASH_OIDS[name] === oid)
  holds(found !== undefined, `the CMS was made with the hash ${oid}`)
  return found
}
