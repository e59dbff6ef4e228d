import 'reflect-metadata'
import { randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const
const DAY_MS = 24 * 60 * 60 * 1000

/** Certificate and PKCS#8 key, both PEM. */
export interface Issued {
  readonly certificate: string
  readonly key: string
}

export interface Leaf {
  readonly name: string
  readonly usages: readonly ('server' | 'client')[]
  /** DNS names and IP addresses; for servers. */
  readonly hosts: readonly string[]
  readonly days: number
}

/** A self-signed authority for end-entity certificates of this installation only. */
export async function makeAuthority(name: string, days: number): Promise<Issued> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    serialNumber: newSerial(),
    ...validity(days),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pem(certificate), key: await keyPem(keys.privateKey) }
}

/** A new key pair with a certificate of the authority. */
export async function issueLeaf(authority: Issued, leaf: Leaf): Promise<Issued> {
  const issuer = new x509.X509Certificate(authority.certificate)
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])
  const usages = leaf.usages.map((usage) =>
    usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
  )
  const names = leaf.hosts.map((host) =>
    /^[0-9.]+$|:/.test(host)
      ? ({ type: 'ip', value: host } as const)
      : ({ type: 'dns', value: host } as const),
  )
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${leaf.name}`,
    issuer: issuer.subject,
    serialNumber: newSerial(),
    ...validity(leaf.days),
    signingAlgorithm: SIGNING,
    signingKey: await importKey(authority.key),
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pem(certificate), key: await keyPem(keys.privateKey) }
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  const now = Date.now()
  // An hour back: clocks of the machines that check it differ.
  return { notBefore: new Date(now - DAY_MS / 24), notAfter: new Date(now + days * DAY_MS) }
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets. */
function newSerial(): string {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial.toString('hex')
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`
}

async function importKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decode(key)[0]
  if (der === undefined) throw new Error('no key in this PEM text')
  return webcrypto.subtle.importKey('pkcs8', der, EC, false, ['sign'])
}
