import { DIGESTS, digestByLength, digestByOid, type DigestName } from '../../sap/algorithms.ts'
import { SapFailure } from '../../sap/errors.ts'
import { canonicalJson } from '../../sap/canonical.ts'

/** The hashes of one authorization, all of one algorithm. A hash listed twice counts twice. */
export interface HashList {
  readonly algorithm: DigestName
  readonly digests: readonly Buffer[]
}

/**
 * Settles the algorithm of a list. Where it is not named (CSC v1), the length tells it: 32, 48 and 64 bytes are
 * SHA-256, SHA-384 and SHA-512. Throws `hash_algorithm_invalid` or `digest_length_invalid`.
 */
export function hashList(digests: readonly Buffer[], algorithmOid: string | undefined): HashList {
  const algorithm =
    algorithmOid === undefined ? digestByLength(digests[0]?.length ?? 0) : digestByOid(algorithmOid)
  if (algorithm === undefined)
    throw algorithmOid === undefined
      ? new SapFailure('digest_length_invalid', 'no digest algorithm has values of this length')
      : new SapFailure('hash_algorithm_invalid', 'the hash algorithm is not offered')
  if (digests.some((digest) => digest.length !== algorithm.length))
    throw new SapFailure('digest_length_invalid', `not every hash is ${algorithm.length} bytes long`)
  return { algorithm: algorithm.name, digests }
}

/** The canonical text of what an OTP is bound to: another list, key or client gives another text. */
export function bindingText(input: {
  readonly credentialId: string
  readonly clientId: string
  readonly list: HashList
}): string {
  return canonicalJson({
    credentialId: input.credentialId,
    clientId: input.clientId,
    hashAlgorithm: DIGESTS[input.list.algorithm].oid,
    hashes: sortedHex(input.list.digests),
  })
}

/** What an OTP is bound to that was sent for a credential before its documents were known. */
export function lateBindingText(input: { readonly credentialId: string; readonly clientId: string }): string {
  const { credentialId, clientId } = input
  return canonicalJson({ credentialId, clientId, documents: 'not yet known' })
}

/** What an OTP is bound to that was sent without a list: any list of this credential, for this client. */
export function anyListBindingText(input: {
  readonly credentialId: string
  readonly clientId: string
}): string {
  const { credentialId, clientId } = input
  return canonicalJson({ credentialId, clientId, documents: 'any' })
}

/** The list as a multiset. */
export function sortedHex(digests: readonly Buffer[]): readonly string[] {
  return digests.map((digest) => digest.toString('hex')).sort()
}
