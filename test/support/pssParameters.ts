import { DIGESTS, type DigestName } from '../../sap/algorithms.ts'

/** Hex of one DER element with a length below 128, so that a test can also build what is wrong. */
export function der(tag: string, ...bodies: readonly string[]): string {
  const body = bodies.join('')
  return `${tag}${(body.length / 2).toString(16).padStart(2, '0')}${body}`
}

export const DER_NULL = '0500'
export const MGF1_OID = '06092a864886f70d010108'

/** DER of a digest's OID, hex: it stands in its DigestInfo prefix. */
export function digestOid(digest: DigestName): string {
  return DIGESTS[digest].digestInfoPrefix.slice(8, 30)
}

/** AlgorithmIdentifier of a digest, hex. */
export function digestAlgorithm(digest: DigestName, parameters = DER_NULL): string {
  return der('30', digestOid(digest), parameters)
}

/** Hex of a DER INTEGER below 2^15. */
export function smallInteger(value: number): string {
  const hex = value.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return der('02', parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even)
}

/** RSASSA-PSS-params (RFC 8017 A.2.3) as clients send it: digest, MGF1 with the same digest, salt length. */
export function pssParameters(digest: DigestName, saltLength: number, mgfDigest = digest): Buffer {
  return Buffer.from(
    der(
      '30',
      der('a0', digestAlgorithm(digest)),
      der('a1', der('30', MGF1_OID, digestAlgorithm(mgfDigest))),
      der('a2', smallInteger(saltLength)),
    ),
    'hex',
  )
}
