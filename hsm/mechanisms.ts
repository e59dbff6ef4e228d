import pkcs11, { type Mechanism, type RsaPSS, type GcmParams } from 'pkcs11js'
import { DIGESTS, type DigestName, type KeyType, type SignatureScheme } from '../sap/algorithms.ts'

/** A mechanism together with the octets that it signs. */
export interface SignOperation {
  readonly mechanism: Mechanism
  readonly input: Buffer
}

const PSS: Readonly<Record<DigestName, { readonly hashAlg: number; readonly mgf: number }>> = {
  sha256: { hashAlg: pkcs11.CKM_SHA256, mgf: pkcs11.CKG_MGF1_SHA256 },
  sha384: { hashAlg: pkcs11.CKM_SHA384, mgf: pkcs11.CKG_MGF1_SHA384 },
  sha512: { hashAlg: pkcs11.CKM_SHA512, mgf: pkcs11.CKG_MGF1_SHA512 },
}

/**
 * What the token is asked for. The DigestInfo of RSASSA-PKCS1-v1_5 is built here and nowhere else, so that no caller
 * can have octets of its own signed. Throws RangeError if the digest is not as long as the scheme says, if the scheme
 * is not one of the key's family, or if the salt is shorter than the digest or too long for the key.
 */
export function signOperation(keyType: KeyType, scheme: SignatureScheme, digest: Uint8Array): SignOperation {
  const { length, digestInfoPrefix } = DIGESTS[scheme.digest]
  if (digest.length !== length)
    throw new RangeError(
      `a ${scheme.digest} digest has ${String(length)} bytes, not ${String(digest.length)}`,
    )
  if ((scheme.name === 'ecdsa') !== (keyType.family === 'ec'))
    throw new RangeError(`${scheme.name} is not a scheme of a ${keyType.name} key`)
  switch (scheme.name) {
    case 'ecdsa':
      return { mechanism: { mechanism: pkcs11.CKM_ECDSA }, input: Buffer.from(digest) }
    case 'rsa-pkcs1':
      return {
        mechanism: { mechanism: pkcs11.CKM_RSA_PKCS },
        input: Buffer.concat([Buffer.from(digestInfoPrefix, 'hex'), digest]),
      }
    case 'rsa-pss':
      return {
        mechanism: pssMechanism(keyType, scheme.digest, scheme.saltLength),
        input: Buffer.from(digest),
      }
  }
}

/** Length of a signature in bytes: the modulus for RSA, r‖s for ECDSA. */
export function signatureLength(keyType: KeyType): number {
  return keyType.family === 'rsa' ? keyType.bits / 8 : 2 * Math.ceil(keyType.bits / 8)
}

function pssMechanism(keyType: KeyType, digest: DigestName, saltLength: number): Mechanism {
  const hashLength = DIGESTS[digest].length
  // RFC 8017 §9.1.1: emLen - hLen - 2, with emBits = modulus bits - 1.
  const longest = Math.ceil((keyType.bits - 1) / 8) - hashLength - 2
  if (!Number.isInteger(saltLength) || saltLength < hashLength || saltLength > longest)
    throw new RangeError(
      `a salt has ${String(hashLength)} to ${String(longest)} bytes, not ${String(saltLength)}`,
    )
  const parameter: RsaPSS = { type: pkcs11.CK_PARAMS_RSA_PSS, ...PSS[digest], saltLen: saltLength }
  return { mechanism: pkcs11.CKM_RSA_PKCS_PSS, parameter }
}

export const HMAC_SHA256: Mechanism = { mechanism: pkcs11.CKM_SHA256_HMAC }
export const HMAC_LENGTH = 32

export const GCM_IV_LENGTH = 12
export const GCM_TAG_LENGTH = 16

export function gcmMechanism(iv: Buffer, additionalData: Buffer): Mechanism {
  const parameter: GcmParams = {
    type: pkcs11.CK_PARAMS_GCM,
    iv,
    ivBits: GCM_IV_LENGTH * 8,
    aad: additionalData,
    tagBits: GCM_TAG_LENGTH * 8,
  }
  return { mechanism: pkcs11.CKM_AES_GCM, parameter }
}

/** Wrap mechanisms by name, best first. Values of PKCS#11 v2.40 and v3.0. */
export const WRAP_MECHANISMS: ReadonlyMap<string, number> = new Map([
  ['CKM_AES_KEY_WRAP_KWP', 0x210b],
  ['CKM_AES_KEY_WRAP_PAD', 0x210a],
])

export function keyPairMechanism(keyType: KeyType): Mechanism {
  return {
    mechanism: keyType.family === 'rsa' ? pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN : pkcs11.CKM_EC_KEY_PAIR_GEN,
  }
}
