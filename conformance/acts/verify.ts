import { constants, verify, X509Certificate, type KeyObject } from 'node:crypto'
import { holds } from '../expect.ts'
import type { Credential } from './credentials.ts'
import type { Document } from './documents.ts'
import { SALT_LENGTHS, type Scheme } from './schemes.ts'

/** Throws Refuted, unless the signature (base64) is the certificate's over the document, in the scheme's own encoding. */
export function verifies(one: Credential, scheme: Scheme, document: Document, signature: unknown): void {
  holds(typeof signature === 'string' && signature !== '', 'a signature is no text')
  const bytes = Buffer.from(signature, 'base64')
  holds(bytes.toString('base64') === signature, 'a signature is not standard base64 without line breaks')
  const key = publicKeyOf(one)
  const { kind, hash } = scheme
  if (kind === 'pkcs1') {
    const isGood = verify(hash, document.data, { key, padding: constants.RSA_PKCS1_PADDING }, bytes)
    holds(isGood, 'the RSA PKCS#1 v1.5 signature does not verify under the certificate')
  } else if (kind === 'pss') {
    const padding = {
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: scheme.saltLength ?? SALT_LENGTHS[hash],
    }
    const isGood = verify(hash, document.data, { key, ...padding }, bytes)
    holds(isGood, 'the RSASSA-PSS signature does not verify with the parameters that were asked for')
  } else {
    const isGood = verify(hash, document.data, { key, dsaEncoding: 'der' }, bytes)
    const isRaw = !isGood && verify(hash, document.data, { key, dsaEncoding: 'ieee-p1363' }, bytes)
    holds(!isRaw, 'the ECDSA signature is the raw pair r, s: clients put DER (ECDSA-Sig-Value) into CMS')
    holds(isGood, 'the ECDSA signature does not verify under the certificate')
  }
}

export function publicKeyOf({ certificate }: Credential): KeyObject {
  return new X509Certificate(certificate).publicKey
}
