import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { KeyUsageFlags, SubjectAlternativeNameExtension } from '@peculiar/x509'
import { issueTestCertificate, makeAuthority, pemOf, type TestAuthority } from './testPki.ts'

/** A certificate with its key, and the authority it comes from: all PEM, ready for TLS. */
export interface TlsIdentity {
  readonly cert: string
  readonly key: string
  readonly ca: string
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const

export async function makePeerAuthority(): Promise<TestAuthority> {
  return makeAuthority({ name: 'CN=Test Peers' })
}

/** A TLS certificate for `localhost` under `authority`, good for both ends of a connection. */
export async function makeTlsIdentity(
  authority: TestAuthority,
  name: string,
  validity: { readonly notBefore?: number; readonly notAfter?: number } = {},
): Promise<TlsIdentity> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])
  const publicKey = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey))
  const certificate = await issueTestCertificate(authority, publicKey, {
    name: `CN=${name}`,
    keyUsage: KeyUsageFlags.digitalSignature,
    extensions: [
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
    ...validity,
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  const lines = pkcs8.match(/.{1,64}/g) ?? []
  return {
    cert: pemOf(certificate),
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
    ca: pemOf(authority.certificate),
  }
}
