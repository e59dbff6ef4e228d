import { NotRun } from '../outcome.ts'
import { keyKind, type Credential } from './credentials.ts'
import { HASH_OIDS, type HashName } from './documents.ts'

export const RSA = '1.2.840.113549.1.1.1'
export const PSS = '1.2.840.113549.1.1.10'
const RSA_WITH: Readonly<Record<HashName, string>> = {
  sha256: '1.2.840.113549.1.1.11',
  sha384: '1.2.840.113549.1.1.12',
  sha512: '1.2.840.113549.1.1.13',
}
const ECDSA_WITH: Readonly<Record<HashName, string>> = {
  sha256: '1.2.840.10045.4.3.2',
  sha384: '1.2.840.10045.4.3.3',
  sha512: '1.2.840.10045.4.3.4',
}

/** How a signature is asked for, and what it must be. */
export interface Scheme {
  readonly kind: 'pkcs1' | 'pss' | 'ecdsa'
  readonly hash: HashName
  readonly signAlgo: string
  /** OID, where `signAlgo` does not say it. */
  readonly hashAlgo?: string
  /** Base64 of DER, for PSS. */
  readonly signAlgoParams?: string
  /** Bytes, for PSS: those of the hash unless told otherwise. */
  readonly saltLength?: number
}

/** The scheme for a hash that the key's own list of algorithms offers by a combined OID. Throws NotRun. */
export function schemeOf(one: Credential, hash: HashName = 'sha256'): Scheme {
  const isRsa = keyKind(one) === 'RSA'
  const signAlgo = isRsa ? RSA_WITH[hash] : ECDSA_WITH[hash]
  if (one.algos.includes(signAlgo)) return { kind: isRsa ? 'pkcs1' : 'ecdsa', hash, signAlgo }
  if (isRsa && one.algos.includes(RSA)) return bareRsa(hash)
  throw new NotRun(`a key whose list of algorithms has ${signAlgo}`)
}

/** The hash that a credential signs, as far as its list says: SHA-256 where it can. Throws NotRun. */
export function usualHash(one: Credential): HashName {
  const list = keyKind(one) === 'RSA' ? RSA_WITH : ECDSA_WITH
  const found = (['sha256', 'sha384', 'sha512'] as const).find((name) => one.algos.includes(list[name]))
  if (found !== undefined) return found
  if (one.algos.includes(RSA)) return 'sha256'
  throw new NotRun('a key whose list of algorithms has RSA PKCS#1 or ECDSA')
}

/** rsaEncryption, whose hash is told apart. */
export function bareRsa(hash: HashName): Scheme {
  return { kind: 'pkcs1', hash, signAlgo: RSA, hashAlgo: HASH_OIDS[hash] }
}

/** RSASSA-PSS with MGF1 of the same hash and a salt as long as it. */
export function pss(hash: HashName): Scheme {
  return { kind: 'pss', hash, signAlgo: PSS, signAlgoParams: pssParameters(hash).toString('base64') }
}

/** Every scheme of the suite that the key's own list offers: each hash, combined and told apart, PKCS#1, PSS and ECDSA. */
export function offeredSchemes(one: Credential): readonly Scheme[] {
  const names = ['sha256', 'sha384', 'sha512'] as const
  const isRsa = keyKind(one) === 'RSA'
  const combined = isRsa ? RSA_WITH : ECDSA_WITH
  return names.flatMap((hash) => [
    ...(one.algos.includes(combined[hash])
      ? [{ kind: isRsa ? ('pkcs1' as const) : ('ecdsa' as const), hash, signAlgo: combined[hash] }]
      : []),
    ...(one.algos.includes(RSA) ? [bareRsa(hash)] : []),
    ...(one.algos.includes(PSS) ? [pss(hash)] : []),
  ])
}

export const SALT_LENGTHS: Readonly<Record<HashName, number>> = { sha256: 32, sha384: 48, sha512: 64 }

/** RSASSA-PSS-params of RFC 4055 §3.1, trailer field left to its default. */
export function pssParameters(hash: HashName, saltLength = SALT_LENGTHS[hash]): Buffer {
  const arc = { sha256: 1, sha384: 2, sha512: 3 }[hash]
  const hashAlgorithm = der(
    0x30,
    Buffer.from([0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc, 5, 0]),
  )
  const mgf1 = Buffer.from('06092a864886f70d010108', 'hex')
  return der(
    0x30,
    der(0xa0, hashAlgorithm),
    der(0xa1, der(0x30, mgf1, hashAlgorithm)),
    der(0xa2, der(0x02, Buffer.from([saltLength]))),
  )
}

/** One TLV of fewer than 128 bytes. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, content.length]), content])
}
