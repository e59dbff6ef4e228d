import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { calculateJwkThumbprint, CompactSign, exportJWK, type JWK } from 'jose'

/** The key that callbacks are signed with: ECDSA P-256. */
export interface CallbackKey {
  /** A JWK Set with the public key, as it is published. */
  readonly published: { readonly keys: readonly JWK[] }
  /** A JWS with detached payload (RFC 7515, appendix F), ES256, over the bytes of a body. */
  sign(body: Uint8Array): Promise<string>
}

/** A new key, PKCS#8 DER. */
export function newCallbackKey(): Buffer {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'der',
    type: 'pkcs8',
  })
}

export async function openCallbackKey(pkcs8: Buffer): Promise<CallbackKey> {
  const key: KeyObject = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  const jwk = await exportJWK(createPublicKey(key))
  const kid = await calculateJwkThumbprint(jwk)
  return {
    published: { keys: [{ ...jwk, kid, use: 'sig', alg: 'ES256' }] },
    async sign(body) {
      const jws = await new CompactSign(body)
        .setProtectedHeader({ alg: 'ES256', kid, typ: 'csc-callback' })
        .sign(key)
      const [header = '', , signature = ''] = jws.split('.')
      return `${header}..${signature}`
    },
  }
}
