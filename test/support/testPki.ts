import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'

const DAY = 86_400_000
const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const

type SigningAlgorithm = RsaHashedKeyGenParams | typeof P256

/** A CA for tests, its key in memory. */
export interface TestAuthority {
  readonly name: string
  readonly certificate: Buffer
  readonly keys: CryptoKeyPair
}

export interface TestCertificateOptions {
  readonly name: string
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** False leaves basicConstraints out. */
  readonly isCa: boolean
  readonly pathLength: number | undefined
  /** KeyUsageFlags, added. */
  readonly keyUsage: number | undefined
  readonly extensions: readonly Extension[]
  /** Of the issuer's signature. */
  readonly hash: 'SHA-1' | 'SHA-256' | 'SHA-384'
}

const COMMON = (): TestCertificateOptions => ({
  name: 'CN=Ada Test, O=Test, C=DE',
  notBefore: Date.now() - DAY,
  notAfter: Date.now() + 365 * DAY,
  isCa: false,
  pathLength: undefined,
  keyUsage: KeyUsageFlags.nonRepudiation,
  extensions: [],
  hash: 'SHA-256',
})

/** What a CA's certificate has, unless a test overrides it. */
const AUTHORITY = { isCa: true, keyUsage: KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign }

let serial = 1

async function certificate(
  options: TestCertificateOptions,
  publicKey: PublicKey,
  issuer: { readonly name: string; readonly keys: CryptoKeyPair },
): Promise<Buffer> {
  const issuerKey = new PublicKey(await webcrypto.subtle.exportKey('spki', issuer.keys.publicKey))
  const made = await X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16).padStart(4, '0'),
    subject: options.name,
    issuer: issuer.name,
    notBefore: new Date(options.notBefore),
    notAfter: new Date(options.notAfter),
    publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: { name: issuer.keys.privateKey.algorithm.name, hash: options.hash },
    extensions: [
      ...(options.isCa ? [new BasicConstraintsExtension(true, options.pathLength, true)] : []),
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a set of flags is a number
      ...(options.keyUsage === undefined ? [] : [new KeyUsagesExtension(options.keyUsage, true)]),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(issuerKey),
      ...options.extensions,
    ],
  })
  return Buffer.from(made.rawData)
}

/** A CA, self-signed or under `issuer`. */
export async function makeAuthority(
  options: Partial<TestCertificateOptions> & {
    readonly issuer?: TestAuthority
    readonly algorithm?: SigningAlgorithm
  } = {},
): Promise<TestAuthority> {
  const { issuer, algorithm = P256, ...changes } = options
  const own = { ...COMMON(), ...AUTHORITY, name: 'CN=Test Root, C=DE', ...changes }
  const keys = await makeKeys(algorithm)
  const publicKey = new PublicKey(await webcrypto.subtle.exportKey('spki', keys.publicKey))
  return {
    name: own.name,
    keys,
    certificate: await certificate(own, publicKey, issuer ?? { name: own.name, keys }),
  }
}

async function makeKeys(algorithm: SigningAlgorithm): Promise<CryptoKeyPair> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  if (!('privateKey' in keys)) throw new Error('a key pair was expected')
  return keys
}

/** An end-entity certificate for a public key (DER SPKI), good unless `options` say otherwise. */
export async function issueTestCertificate(
  issuer: TestAuthority,
  publicKey: Uint8Array,
  options: Partial<TestCertificateOptions> = {},
): Promise<Buffer> {
  return certificate({ ...COMMON(), ...options }, new PublicKey(Uint8Array.from(publicKey)), issuer)
}

/** DER certificate as PEM. */
export function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
