import type { KeyObject } from 'node:crypto'
import { CertificateUnreadable, readCertificate, type Certificate } from './certificate.ts'

export interface ChainInput {
  /** DER, the signer's certificate first, each signed by the next; the root may be left out. */
  readonly chain: readonly Buffer[]
  /** DER of the certificates that a chain may end at. */
  readonly trusted: readonly Buffer[]
  /** DER SPKI of the key that the first certificate must be for. */
  readonly publicKey: Buffer
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Critical extensions that this check reads or that restrict nothing here; any other is refused (RFC 5280 §4.2). */
const KNOWN_CRITICAL: ReadonlySet<string> = new Set([
  '2.5.29.15', // keyUsage
  '2.5.29.19', // basicConstraints
  '2.5.29.32', // certificatePolicies
])
const DIGESTS: ReadonlySet<string> = new Set(['SHA-256', 'SHA-384', 'SHA-512'])
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const MIN_RSA_BITS = 3000

/**
 * Why a chain is not good for a signer's key, or undefined if it is: RFC 5280 §6.1 without revocation, and what a
 * signature's validators demand of the signer's certificate. The text is for journal and log.
 */
export function chainProblem(input: ChainInput): string | undefined {
  let chain: readonly Certificate[]
  let trusted: readonly Certificate[]
  try {
    chain = input.chain.map(readCertificate)
    trusted = input.trusted.map(readCertificate)
  } catch (error) {
    if (error instanceof CertificateUnreadable) return error.message
    throw error
  }
  const [leaf] = chain
  if (leaf === undefined) return 'the chain is empty'
  return leafProblem(leaf, input.publicKey) ?? pathProblem(chain, trusted, input.now)
}

function leafProblem(leaf: Certificate, publicKey: Buffer): string | undefined {
  if (!leaf.publicKey.equals(publicKey)) return "the signer's certificate is for another key"
  if (leaf.isCa || leaf.keyUsage?.keyCertSign === true) return "the signer's certificate is that of a CA"
  if (leaf.keyUsage?.nonRepudiation !== true) return "the signer's certificate lacks nonRepudiation"
  return undefined
}

function pathProblem(
  chain: readonly Certificate[],
  trusted: readonly Certificate[],
  now: number,
): string | undefined {
  const path: Certificate[] = []
  for (const [index, certificate] of chain.entries()) {
    path.push(certificate)
    // A chain ends at the first certificate that is trusted; what comes after it must not be there.
    if (isAmong(certificate, trusted)) {
      if (index < chain.length - 1) return `certificate ${index + 2} of the chain comes after a trusted one`
      return pathOf(path, now)
    }
  }
  const last = path[path.length - 1]
  const anchor = trusted.find((candidate) => last !== undefined && issued(candidate, last))
  if (anchor === undefined) return 'the chain does not end at a trusted certificate'
  return pathOf([...path, anchor], now)
}

function isAmong(certificate: Certificate, trusted: readonly Certificate[]): boolean {
  return trusted.some((candidate) => candidate.der.equals(certificate.der))
}

/** Every certificate by itself, and each by the next. The last one is trusted: who signed it does not matter. */
function pathOf(path: readonly Certificate[], now: number): string | undefined {
  if (path.length < 2) return 'the chain has no issuer'
  for (const [index, certificate] of path.entries()) {
    const problem =
      certificateProblem(certificate, now) ??
      (index > 0 ? issuerProblem(certificate, index - 1) : undefined) ??
      signatureProblem(certificate, path[index + 1])
    if (problem !== undefined) return `certificate ${index + 1} of the chain ${problem}`
  }
  return undefined
}

function certificateProblem(certificate: Certificate, now: number): string | undefined {
  if (now < certificate.notBefore) return 'is not valid yet'
  if (now > certificate.notAfter) return 'has expired'
  const unknown = certificate.criticalExtensions.find((type) => !KNOWN_CRITICAL.has(type))
  if (unknown !== undefined) return `has the unknown critical extension ${unknown}`
  return isStrong(certificate.key) ? undefined : 'has a weak or unknown kind of key'
}

function isStrong(key: KeyObject): boolean {
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'rsa') return (details?.modulusLength ?? 0) >= MIN_RSA_BITS
  return key.asymmetricKeyType === 'ec' && CURVES.has(details?.namedCurve ?? '')
}

/** `below`: how many CA certificates stand between this one and the signer's. */
function issuerProblem(certificate: Certificate, below: number): string | undefined {
  if (!certificate.isCa) return 'is not that of a CA'
  if (certificate.keyUsage?.keyCertSign !== true) return 'may not sign certificates'
  if (certificate.pathLength !== undefined && below > certificate.pathLength)
    return 'allows no such long chain'
  return undefined
}

function signatureProblem(certificate: Certificate, issuer: Certificate | undefined): string | undefined {
  if (issuer === undefined) return undefined
  if (!DIGESTS.has(certificate.signatureDigest ?? '')) return 'is signed with a weak or unknown algorithm'
  if (!certificate.issuerName.equals(issuer.subjectName)) return 'names another issuer'
  return issued(issuer, certificate) ? undefined : 'is not signed by the next one'
}

/** Names, key identifiers and key usage fit, and the signature is good. */
function issued(issuer: Certificate, certificate: Certificate): boolean {
  if (!certificate.openssl.checkIssued(issuer.openssl)) return false
  try {
    return certificate.openssl.verify(issuer.key)
  } catch {
    // The issuer's key is of another family than the signature.
    return false
  }
}
