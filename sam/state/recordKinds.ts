import { KEY_TYPE_NAMES } from '../../sap/algorithms.ts'
import {
  bytes,
  flag,
  integer,
  list,
  object,
  oneOf,
  optional,
  text,
  type Codec,
  type TypeOf,
} from '../../sap/codec.ts'
import { allOf, factorExpression, type FactorExpression } from '../../sap/factorExpression.ts'
import { CHANNELS, FACTOR_ACTIONS, FACTOR_KINDS, GRADES, ROLES, SIGNED_THINGS } from '../../sap/operations.ts'

const id = text(1, 64)
const milliseconds = integer(0, Number.MAX_SAFE_INTEGER)
const der = bytes(1, 16 * 1024)

const signer = object({
  commonName: text(1, 64),
  givenName: optional(text(1, 64)),
  surname: optional(text(1, 64)),
  serialNumber: optional(text(1, 64)),
  organization: optional(text(1, 64)),
  country: text(2, 2),
  createdAt: milliseconds,
})
export type SignerRecord = TypeOf<typeof signer>

/** None of it where the factor was removed. */
const factorContent = {
  /** kind pin: the argon2id string. */
  pinHash: optional(text(1, 256)),
  /** kind totp: the secret, sealed under an HSM key. */
  totpSecret: optional(bytes(1, 128)),
  /** kind otp. */
  channel: optional(oneOf(CHANNELS)),
  destination: optional(text(1, 255)),
}

const factor = object({
  signerId: id,
  kind: oneOf(FACTOR_KINDS),
  enrolledAt: milliseconds,
  /** Attempts since the last full success, each counted before its comparison. */
  attempts: integer(0, 1000),
  /** Set when an officer accepted a state that could not be proved: only `ra` unlocks. */
  isHeld: oneOf(['no', 'yes']),
  ...factorContent,
  /** kind totp: the last time step that was used, with this secret or with one before it. */
  totpStep: optional(integer(0, Number.MAX_SAFE_INTEGER)),
  /**
   * What takes the place of the content above. `enrol`: an enrolment of which nobody was told yet; it never works.
   * Others: a change that was proved; it works from `worksAt` on.
   */
  next: optional(
    object({
      action: oneOf(['enrol', ...FACTOR_ACTIONS]),
      worksAt: optional(milliseconds),
      /** The OTP that proved it. */
      changeId: optional(id),
      ...factorContent,
    }),
  ),
})
export type FactorRecord = TypeOf<typeof factor>

const factorList = list(oneOf(FACTOR_KINDS), 1, 3)
/** In records of before there were expressions: a list, of which all are demanded. */
const demandedFactors: Codec<FactorExpression> = {
  ...factorExpression,
  parse: (value, at) =>
    Array.isArray(value) ? allOf(factorList.parse(value, at)) : factorExpression.parse(value, at),
}

const key = object({
  signerId: id,
  description: text(0, 255),
  state: oneOf(['GENERATED', 'ACTIVE', 'SUSPENDED', 'DESTROYED']),
  keyType: oneOf(KEY_TYPE_NAMES),
  /** DER SPKI. */
  publicKey: der,
  scal: oneOf(['1', '2']),
  multisign: integer(1, 100_000),
  factors: demandedFactors,
  minimumGrade: oneOf(GRADES),
  /** Absent in records of before it existed: no. */
  lateHashes: optional(flag),
  /** Absent in records of before it existed: both. */
  signs: optional(oneOf(SIGNED_THINGS)),
  generatedAt: milliseconds,
  attestationStatement: bytes(1, 4096),
  attestationSignature: bytes(1, 256),
  /** Absent once the key is destroyed. */
  wrapMechanism: optional(text(1, 64)),
  wrappingKeyId: optional(text(1, 64)),
  wrappedKey: optional(bytes(1, 8192)),
  /** From the linked certificate; absent before. */
  chain: list(der, 0, 8),
  notBefore: optional(milliseconds),
  notAfter: optional(milliseconds),
  subjectOrganization: optional(text(0, 255)),
  subjectCommonName: optional(text(0, 255)),
})
export type KeyRecord = TypeOf<typeof key>

const peer = object({ name: id, role: oneOf(ROLES), enrolledAt: milliseconds })
export type PeerRecord = TypeOf<typeof peer>

const client = object({ name: text(1, 100), registeredAt: milliseconds })
export type ClientRecord = TypeOf<typeof client>

/** Every kind of record that bears a MAC. */
export const RECORD_KINDS = { signer, factor, key, peer, client } as const
export type RecordKind = keyof typeof RECORD_KINDS
export type RecordOf<K extends RecordKind> = TypeOf<(typeof RECORD_KINDS)[K]>
