import type { X509Certificate } from 'node:crypto'
import type { SignatureScheme } from '../../sap/algorithms.ts'
import { digestAlgorithmIdentifier, signatureAlgorithmIdentifier } from './algorithmIdentifier.ts'
import { elementsOf, explicit, implicit, integer, octetString, oid, sequence, setOf } from './der.ts'
import { ID_DATA } from './signedAttributes.ts'

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const EXPLICIT_VERSION = 0xa0

export interface CmsInput {
  /** DER of the signed attributes, as signed. */
  readonly signedAttributes: Buffer
  readonly scheme: SignatureScheme
  /** The signer's first. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]]
  /** What was signed, to travel in the CMS; without it the signature is detached. */
  readonly content?: Buffer | undefined
}

/** A CMS SignedData (RFC 5652 §5) with one signer, DER. ECDSA signatures are DER (X9.62). */
export function assembleCms(input: CmsInput, signature: Buffer): Buffer {
  const { signedAttributes, scheme, chain, content } = input
  const digestAlgorithm = digestAlgorithmIdentifier(scheme.digest)
  const signerInfo = sequence(
    integer(1),
    issuerAndSerialNumber(chain[0]),
    digestAlgorithm,
    implicit(0, signedAttributes),
    signatureAlgorithmIdentifier(scheme),
    octetString(signature),
  )
  const signedData = sequence(
    integer(1),
    setOf(digestAlgorithm),
    sequence(oid(ID_DATA), ...(content === undefined ? [] : [explicit(0, octetString(content))])),
    implicit(0, setOf(...chain.map((certificate) => certificate.raw))),
    setOf(signerInfo),
  )
  return sequence(oid(SIGNED_DATA), explicit(0, signedData))
}

/** Both copied from the certificate byte by byte: a name encoded anew might not compare equal. */
function issuerAndSerialNumber(certificate: X509Certificate): Buffer {
  const [whole] = elementsOf(certificate.raw)
  const [toBeSigned] = elementsOf(whole?.content ?? Buffer.alloc(0))
  const fields = elementsOf(toBeSigned?.content ?? Buffer.alloc(0))
  const [serialNumber, , issuer] = fields[0]?.tag === EXPLICIT_VERSION ? fields.slice(1) : fields
  if (serialNumber === undefined || issuer === undefined) throw new RangeError('the certificate is malformed')
  return sequence(issuer.whole, serialNumber.whole)
}
