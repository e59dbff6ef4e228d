import { createHash, X509Certificate } from 'node:crypto'
import { ObjectIdentifier, OctetString, Sequence, BaseBlock } from 'asn1js'
import { Certificate, ContentInfo, IssuerAndSerialNumber, SignedData, TSTInfo, type SignerInfo } from 'pkijs'
import { digestByOid } from '../../../../sap/algorithms.ts'
import { signerProblem } from './timestampSigner.ts'
import { isSignedBy } from './timestampSignature.ts'
import { TimestampRefused } from './timestampReply.ts'

export interface Expected {
  readonly hash: Buffer
  /** OID. */
  readonly hashAlgorithm: string
  readonly nonce: bigint
  readonly policy: string | undefined
  /** DER of the authorities under which the signer's certificate must be. */
  readonly anchors: readonly Buffer[]
  /** Milliseconds since 1970. */
  readonly now: number
}

const SIGNED_DATA = '1.2.840.113549.1.7.2'
const TST_INFO = '1.2.840.113549.1.9.16.1.4'
const CONTENT_TYPE = '1.2.840.113549.1.9.3'
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4'
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12'
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47'

/** Milliseconds that the authority's clock may differ from ours. */
const CLOCK_TOLERANCE = 5 * 60_000

/**
 * Verifies a time-stamp token (RFC 3161 §2.4.2, RFC 5816): content and signature, and the certificate at the time of the
 * stamp. Throws TimestampRefused.
 */
export function verifyToken(token: Buffer, expected: Expected): void {
  // Whatever pkijs stumbles over in it, it is not a token to pass on.
  parsed('the token cannot be read', () => {
    check(token, expected)
  })
}

function check(token: Buffer, expected: Expected): void {
  const signed = parsed('the token is no SignedData', () => readSignedData(token))
  const content = contentOf(signed)
  checkContent(
    parsed('the content is no TSTInfo', () => TSTInfo.fromBER(Uint8Array.from(content))),
    expected,
  )
  const [signer, ...others] = signed.signerInfos
  if (signer === undefined || others.length > 0) throw new TimestampRefused('the token has not one signer')
  const pool = certificatesOf(signed)
  const certificate = pool.find((candidate) => isSigner(signer, candidate))
  if (certificate === undefined) throw new TimestampRefused("the signer's certificate is not in the token")
  checkSignedAttributes(signer, content, certificate)
  if (!isSignedBy(signer, certificate)) throw new TimestampRefused('the signature is wrong')
  const problem = signerProblem({ certificate, pool, anchors: expected.anchors, now: expected.now })
  if (problem !== undefined) throw new TimestampRefused(problem)
}

function parsed<T>(problem: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof TimestampRefused) throw error
    throw new TimestampRefused(problem)
  }
}

function readSignedData(token: Buffer): SignedData {
  const info = ContentInfo.fromBER(Uint8Array.from(token))
  if (info.contentType !== SIGNED_DATA) throw new TimestampRefused('the token is no SignedData')
  return new SignedData({ schema: info.content })
}

function contentOf({ encapContentInfo }: SignedData): Buffer {
  const { eContentType, eContent } = encapContentInfo
  if (eContentType !== TST_INFO || eContent === undefined)
    throw new TimestampRefused('the token has no TSTInfo')
  return Buffer.from(eContent.getValue())
}

function checkContent(info: TSTInfo, expected: Expected): void {
  const { hashAlgorithm, hashedMessage } = info.messageImprint
  const isImprint =
    hashAlgorithm.algorithmId === expected.hashAlgorithm &&
    Buffer.from(hashedMessage.valueBlock.valueHexView).equals(expected.hash)
  if (!isImprint) throw new TimestampRefused('the token is for another hash')
  if (info.nonce?.toBigInt() !== expected.nonce) throw new TimestampRefused('the token has another nonce')
  if (expected.policy !== undefined && info.policy !== expected.policy)
    throw new TimestampRefused('the token is under another policy')
  if (Math.abs(info.genTime.getTime() - expected.now) > CLOCK_TOLERANCE)
    throw new TimestampRefused('the token tells another time')
}

function certificatesOf({ certificates = [] }: SignedData): readonly X509Certificate[] {
  return parsed('a certificate in the token cannot be read', () =>
    certificates
      .filter((entry) => entry instanceof Certificate)
      .map((certificate) => new X509Certificate(Buffer.from(certificate.toSchema().toBER()))),
  )
}

function isSigner({ sid }: SignerInfo, certificate: X509Certificate): boolean {
  if (!(sid instanceof IssuerAndSerialNumber))
    throw new TimestampRefused('the signer is named in another way')
  const { issuer, serialNumber } = Certificate.fromBER(Uint8Array.from(certificate.raw))
  return serialNumber.isEqual(sid.serialNumber) && issuer.isEqual(sid.issuer)
}

/** The attributes that bind signature, content and certificate to each other (RFC 5652 §11, RFC 5035 §5.4). */
function checkSignedAttributes(signer: SignerInfo, content: Buffer, certificate: X509Certificate): void {
  const valueOf = (type: string): BaseBlock | undefined => {
    const found = (signer.signedAttrs?.attributes ?? []).filter((attribute) => attribute.type === type)
    const values: readonly unknown[] = found.flatMap((attribute): readonly unknown[] => attribute.values)
    const [value] = values
    return values.length === 1 && value instanceof BaseBlock ? value : undefined
  }
  const type = valueOf(CONTENT_TYPE)
  if (!(type instanceof ObjectIdentifier) || type.valueBlock.toString() !== TST_INFO)
    throw new TimestampRefused('the signature is over another type of content')
  const digest = digestByOid(signer.digestAlgorithm.algorithmId)
  if (digest === undefined) throw new TimestampRefused('the signature uses a weak or unknown digest')
  const messageDigest = valueOf(MESSAGE_DIGEST)
  const isContent =
    messageDigest instanceof OctetString &&
    createHash(digest.name).update(content).digest().equals(Buffer.from(messageDigest.getValue()))
  if (!isContent) throw new TimestampRefused('the signature is over another content')
  const second = valueOf(SIGNING_CERTIFICATE_V2)
  const isNamed =
    second === undefined
      ? namesCertificate(valueOf(SIGNING_CERTIFICATE), certificate, 'sha1')
      : namesCertificate(second, certificate, 'sha256')
  if (!isNamed) throw new TimestampRefused('the signature names another certificate')
}

/** ESSCertID(v2): `SEQUENCE { SEQUENCE OF SEQUENCE { [algorithm,] hash, … }, … }`; the first is the signer's. */
function namesCertificate(
  attribute: BaseBlock | undefined,
  certificate: X509Certificate,
  byDefault: 'sha1' | 'sha256',
): boolean {
  const [ids] = elementsOf(attribute)
  const [id] = elementsOf(ids)
  const [first, second] = elementsOf(id)
  const algorithm = first instanceof Sequence ? digestOf(first) : byDefault
  const hash = first instanceof Sequence ? second : first
  if (algorithm === undefined || !(hash instanceof OctetString)) return false
  return createHash(algorithm).update(certificate.raw).digest().equals(Buffer.from(hash.getValue()))
}

function digestOf(algorithm: Sequence): string | undefined {
  const [oid] = algorithm.valueBlock.value
  return oid instanceof ObjectIdentifier ? digestByOid(oid.valueBlock.toString())?.name : undefined
}

function elementsOf(block: BaseBlock | undefined): readonly BaseBlock[] {
  return block instanceof Sequence ? block.valueBlock.value : []
}
