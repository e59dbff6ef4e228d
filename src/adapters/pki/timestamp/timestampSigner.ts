import { X509Certificate } from 'node:crypto'
import { BasicConstraints, Certificate, ExtKeyUsage } from 'pkijs'

export interface TimestampSigner {
  readonly certificate: X509Certificate
  /** Certificates that came with the token. */
  readonly pool: readonly X509Certificate[]
  /** DER. */
  readonly anchors: readonly Buffer[]
  /** Milliseconds since 1970. */
  readonly now: number
}

const EXTENDED_KEY_USAGE = '2.5.29.37'
const BASIC_CONSTRAINTS = '2.5.29.19'
const KEY_USAGE = '2.5.29.15'
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'

/** Critical extensions that are read here or restrict nothing; any other is refused (RFC 5280 §4.2). */
const KNOWN_CRITICAL: readonly string[] = [EXTENDED_KEY_USAGE, BASIC_CONSTRAINTS, KEY_USAGE, '2.5.29.32']

/** Certificates between the signer's and an authority, at most. */
const MAX_DEPTH = 4

/** Certificates that are looked at: an honest chain is shorter, and every way through them is tried. */
const MAX_POOL = 6

/**
 * Why a certificate may not sign time-stamps, or undefined. RFC 3161 §2.3: its extended key usage is time-stamping
 * alone, and critical. Its chain ends at a configured authority; revocation is not looked up.
 */
export function signerProblem(signer: TimestampSigner): string | undefined {
  const { certificate, now } = signer
  if (!isForTimestamps(certificate)) return "the signer's certificate is not for time-stamping alone"
  const problem = certificateProblem(certificate, now)
  if (problem !== undefined) return `the signer's certificate ${problem}`
  const anchors = signer.anchors.map((der) => new X509Certificate(der))
  return hasPath(certificate, { ...signer, anchors, pool: withoutCopies(signer.pool) }, 0)
    ? undefined
    : 'the chain ends at no configured authority'
}

function isForTimestamps(certificate: X509Certificate): boolean {
  const extension = extensionOf(certificate, EXTENDED_KEY_USAGE)
  const usage: unknown = extension?.parsedValue
  return (
    extension?.critical === true && usage instanceof ExtKeyUsage && usage.keyPurposes.join() === TIME_STAMPING
  )
}

function certificateProblem(certificate: X509Certificate, now: number): string | undefined {
  if (now < Date.parse(certificate.validFrom)) return 'is not valid yet'
  if (now > Date.parse(certificate.validTo)) return 'has expired'
  const { extensions = [] } = Certificate.fromBER(Uint8Array.from(certificate.raw))
  const unknown = extensions.find(({ critical, extnID }) => critical && !KNOWN_CRITICAL.includes(extnID))
  return unknown === undefined ? undefined : `has the unknown critical extension ${unknown.extnID}`
}

interface Way {
  readonly pool: readonly X509Certificate[]
  readonly anchors: readonly X509Certificate[]
  readonly now: number
}

/** `below`: how many CA certificates stand between this one's issuer and the signer's certificate. */
function hasPath(certificate: X509Certificate, way: Way, below: number): boolean {
  const mayIssue = (issuer: X509Certificate): boolean =>
    certificateProblem(issuer, way.now) === undefined &&
    isAuthority(issuer, below) &&
    issued(issuer, certificate)
  if (way.anchors.some(mayIssue)) return true
  if (below >= MAX_DEPTH) return false
  // Nobody stands twice on a way: whoever is on it is left out of what lies beyond.
  return way.pool.some(
    (issuer) =>
      mayIssue(issuer) &&
      hasPath(issuer, { ...way, pool: way.pool.filter((other) => other !== issuer) }, below + 1),
  )
}

function withoutCopies(pool: readonly X509Certificate[]): readonly X509Certificate[] {
  return [...new Map(pool.map((one) => [one.fingerprint256, one])).values()].slice(0, MAX_POOL)
}

function isAuthority(issuer: X509Certificate, below: number): boolean {
  const constraints: unknown = extensionOf(issuer, BASIC_CONSTRAINTS)?.parsedValue
  if (!(constraints instanceof BasicConstraints) || !constraints.cA) return false
  const most = constraints.pathLenConstraint
  return most === undefined || below <= Number(most)
}

/** Names, key identifiers and key usage fit, and the signature is good. */
function issued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  if (!certificate.checkIssued(issuer)) return false
  try {
    return certificate.verify(issuer.publicKey)
  } catch {
    // The issuer's key is of another family than the signature.
    return false
  }
}

function extensionOf(
  certificate: X509Certificate,
  type: string,
): { readonly critical: boolean; readonly parsedValue?: unknown } | undefined {
  const { extensions = [] } = Certificate.fromBER(Uint8Array.from(certificate.raw))
  return extensions.find(({ extnID }) => extnID === type)
}
