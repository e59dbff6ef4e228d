import 'reflect-metadata'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, webcrypto, X509Certificate, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'
import type { KeyTypeName, SignatureScheme } from '../../sap/algorithms.ts'
import { KEY_TYPES } from '../../sap/algorithms.ts'
import { scratchFolder } from './scratchFolder.ts'

/** A key in this process with a certificate of a CA made for it: stands where the service stands, for PDF and CMS. */
export interface LocalSigner {
  readonly chain: readonly [X509Certificate, X509Certificate]
  /** Signs a digest; ECDSA as DER. */
  readonly sign: (scheme: SignatureScheme, hash: Buffer) => Buffer
}

const CA_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY = 24 * 60 * 60 * 1000

function keyPair(keyType: KeyTypeName): { publicKey: KeyObject; privateKey: KeyObject } {
  const type = KEY_TYPES[keyType]
  if (type.family === 'rsa') return generateKeyPairSync('rsa', { modulusLength: type.bits })
  return generateKeyPairSync('ec', { namedCurve: type.curveName })
}

export async function localSigner(keyType: KeyTypeName, name = `Signer ${keyType}`): Promise<LocalSigner> {
  const { publicKey, privateKey } = keyPair(keyType)
  const caKeys = await webcrypto.subtle.generateKey(CA_ALGORITHM, true, ['sign', 'verify'])
  const validity = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + 30 * DAY) }
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: '01',
    name: 'CN=Test CA, O=Chancery tests, C=DK',
    keys: caKeys,
    signingAlgorithm: CA_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  })
  const leaf = await x509.X509CertificateGenerator.create({
    ...validity,
    serialNumber: 'c0ffee01',
    subject: `CN=${name}, C=DK`,
    issuer: ca.subject,
    publicKey: new x509.PublicKey(publicKey.export({ format: 'der', type: 'spki' })),
    signingKey: caKeys.privateKey,
    signingAlgorithm: CA_ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.nonRepudiation, true),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  })
  const keyFile = join(scratchFolder('key'), 'key.pem')
  writeFileSync(keyFile, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  return {
    chain: [new X509Certificate(Buffer.from(leaf.rawData)), new X509Certificate(Buffer.from(ca.rawData))],
    sign: (scheme, hash) => signWith(keyFile, scheme, hash),
  }
}

/** OpenSSL signs the digest as it is, like an HSM: node:crypto would hash it once more. */
function signWith(keyFile: string, scheme: SignatureScheme, hash: Buffer): Buffer {
  const options = [`digest:${scheme.digest}`]
  if (scheme.name === 'rsa-pss') options.push('rsa_padding_mode:pss', `rsa_pss_saltlen:${scheme.saltLength}`)
  const args = ['pkeyutl', '-sign', '-inkey', keyFile, ...options.flatMap((option) => ['-pkeyopt', option])]
  return execFileSync('openssl', args, { input: hash })
}
