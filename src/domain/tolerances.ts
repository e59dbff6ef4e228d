/**
 * What a registered application may be allowed beyond the contract, each by name in `ssa.yaml`. None changes what is
 * authorized or signed: they are other spellings of the same request, or of the same answer.
 */
export const TOLERANCES = [
  /** Hashes and nonces in the other base64 alphabet, with padding or without. */
  'base64url',
  /** Numbers as strings of digits. */
  'numericStrings',
  /** Version 2: `hash`, `hashAlgo`, `PIN` and `OTP` as version 1 names them. */
  'v1Names',
  /** Version 2: an authentication object `password` is the PIN. */
  'passwordObject',
  /** `lang` and `clientData` of another type than text are ignored. */
  'looseText',
  /** 200 with an empty object in place of 204. */
  'contentAlways',
  /** Signatures in the answer as base64url without padding. */
  'base64urlSignatures',
  /** ECDSA signatures in the answer as r‖s instead of DER. */
  'rawEcdsa',
] as const
export type Tolerance = (typeof TOLERANCES)[number]
export type Tolerances = ReadonlySet<Tolerance>

export const NO_TOLERANCES: Tolerances = new Set()
