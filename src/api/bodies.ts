import { isOfLength, UNPRINTABLE } from '../../sap/codec.ts'
import { MAX_PARAMETER_BYTES } from '../../sap/limits.ts'
import { decodeBase64 } from '../domain/base64.ts'
import { CscError, Refusal } from '../domain/errors.ts'
import { cleanLabel } from '../domain/label.ts'
import type { OtpBinding } from '../ports/sam.ts'

/** Bytes of a digest that the SAM would look at; what is longer is none of any algorithm. */
const MAX_DIGEST = 128

/** Base64 that the contract accepted, as bytes. */
export function bytesOf(text: string): Buffer {
  const decoded = decodeBase64(text)
  if (decoded === undefined) throw new Error('the contract let base64 through that is none')
  return decoded
}

/** Hashes of a request, in order. Throws Refusal `digest_length_invalid`. */
export function digestsOf(hashes: readonly string[]): readonly Buffer[] {
  const digests = hashes.map(bytesOf)
  if (digests.some((digest) => digest.length > MAX_DIGEST)) throw new Refusal('digest_length_invalid')
  return digests
}

/** `signAlgoParams` in DER. Throws Refusal `sign_parameters_invalid` for more than the SAM would look at. */
export function parametersOf(text: string | undefined): Buffer | undefined {
  const bytes = text === undefined ? undefined : bytesOf(text)
  if (bytes !== undefined && bytes.length > MAX_PARAMETER_BYTES) throw new Refusal('sign_parameters_invalid')
  return bytes
}

/** Whether a text can be a PIN or an OTP at all: 1 to 128 characters that the SAM takes. */
export function isSecret(text: string): boolean {
  return isOfLength(text, 1, 128) && !UNPRINTABLE.test(text)
}

/** A number of signatures in the range that the SAM judges: what is beyond it is too many, or too few, all the same. */
export function numberOfSignatures(given: number): number {
  return Math.max(-(2 ** 31), Math.min(given, 2 ** 31))
}

/** A description as it may be stored and shown; undefined where nothing is left of it. */
export function labelOf(text: string | undefined): string | undefined {
  const label = cleanLabel(text ?? '')
  return label === '' ? undefined : label
}

export interface BindingMembers {
  readonly hashes: readonly string[] | undefined
  readonly hashAlgorithm: string | undefined
  readonly nonce: string | undefined
  readonly description: string | undefined
}

/** The members that bind an OTP to a list: hashes and nonce together, or neither. Throws CscError. */
export function bindingOf(members: BindingMembers): OtpBinding | undefined {
  const { hashes, hashAlgorithm, nonce } = members
  if (hashes === undefined && nonce === undefined) return undefined
  if (hashes === undefined)
    throw new CscError('invalid_request', 'Missing (or invalid type) array parameter hash')
  if (nonce === undefined)
    throw new CscError('invalid_request', 'Missing (or invalid type) string parameter nonce')
  return {
    hashes: digestsOf(hashes),
    hashAlgorithm,
    nonce: bytesOf(nonce),
    label: labelOf(members.description),
  }
}

/** GeneralizedTime of RFC 5280: `YYYYMMDDHHMMSSZ`. */
export function generalizedTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`
}
