import { KEY_TYPE_NAMES } from './algorithms.ts'
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
} from './codec.ts'
import { factorExpression } from './factorExpression.ts'
import { FACTOR_KINDS, GRADES } from './factorKinds.ts'
import { MAX_HASHES } from './limits.ts'

/** Who a peer is, from its enrolled certificate. What each may call stands with each operation below. */
export const ROLES = ['ssa', 'ra', 'ca', 'officer'] as const
export type Role = (typeof ROLES)[number]

/** What the signer asks for a factor: a new value, in place of an old one if there is one, or none any more. */
export const FACTOR_ACTIONS = ['set', 'remove'] as const
export type FactorAction = (typeof FACTOR_ACTIONS)[number]

/** Which list of signed attributes a document's signature may have: PAdES B-B, CAdES B-B. */
export const SIGNATURE_FORMATS = ['pades', 'cades'] as const
export type SignatureFormat = (typeof SIGNATURE_FORMATS)[number]

/** What a credential's key signs: hashes as they come, documents by attributes that the SAM checks, or both. */
export const SIGNED_THINGS = ['hashes', 'documents', 'both'] as const

export const CHANNELS = ['smtp', 'webhook', 'file'] as const
export type ChannelName = (typeof CHANNELS)[number]

/** 90 days: the longest waiting time that a factor change may have. */
export const MAX_WAITING_SECONDS = 90 * 86_400

export const id = text(1, 64, /^[A-Za-z0-9._-]+$/)
/** Made by the process that the outside world spoke to; in both journals and in the client's answer. */
export const requestId = text(8, 64, /^[A-Za-z0-9-]+$/)
export const oid = text(3, 64, /^[0-9]+(\.[0-9]+)+$/)
export const digest = bytes(0, 128)
export const digests = list(digest, 1, MAX_HASHES)
export const secret = text(1, 128)
/** Where messages to a signer go: visible ASCII. Its form depends on the channel: `otp_not_sendable` for another one. */
export const destination = text(1, 255, /^[\x21-\x7e]+$/)
export const reason = text(1, 500)
export const der = bytes(1, 16 * 1024)
export const sad = text(1, 256)
export const nothing = object({})

/** Who asks, on whose behalf: as the SSA says. */
export const caller = { requestId, signerId: id, clientId: id }
/** The login family: a SAD belongs to it, survives a token refresh and ends with its revocation. */
export const familyId = id

const policy = object({
  /** CSC `SCAL`: "2" binds each SAD to its hashes. */
  scal: oneOf(['1', '2']),
  multisign: integer(1, MAX_HASHES),
  /** Which factors authorize together: `pin AND (otp OR totp)`. */
  factors: factorExpression,
  minimumGrade: oneOf(GRADES),
  /** Whether SCAL "2" may be authorized without hashes: then the grade is `plain-otp`, whatever the factor. */
  lateHashes: flag,
  signs: oneOf(SIGNED_THINGS),
})
export type CredentialPolicy = TypeOf<typeof policy>

export const credential = object({
  credentialId: id,
  description: text(0, 255),
  state: oneOf(['GENERATED', 'ACTIVE', 'SUSPENDED', 'DESTROYED']),
  keyType: oneOf(KEY_TYPE_NAMES),
  /** The end-entity certificate first; empty before one is linked. */
  chain: list(der, 0, 8),
  policy,
})
export type SamCredential = TypeOf<typeof credential>

export const factor = object({
  factorId: id,
  kind: oneOf(FACTOR_KINDS),
  /** PENDING: added, but its waiting time is not over; nothing can be done with it yet. */
  state: oneOf(['ACTIVE', 'LOCKED', 'PENDING']),
  /** Where an OTP goes, masked; empty for others. */
  destination: text(0, 255),
  /** A change that was proved and waits. Until then the factor works as it was. */
  change: optional(
    object({
      action: oneOf(FACTOR_ACTIONS),
      /** Where OTPs will go, masked; empty for others. */
      destination: text(0, 255),
      worksInSeconds: integer(0, MAX_WAITING_SECONDS),
    }),
  ),
})
export type SamFactor = TypeOf<typeof factor>

/** The signature by the SAM's identity key over `statement`, a canonical JSON: `AttestationStatement`. */
export const attestation = object({ statement: bytes(1, 4096), signature: bytes(8, 128) })
export type Attestation = TypeOf<typeof attestation>

/** Binds an OTP to one list: the signer sees its fingerprint (`fingerprint.ts`). */
export const binding = object({
  hashes: digests,
  hashAlgorithm: optional(oid),
  /** 128 bits that the client drew and showed nobody before. */
  nonce: bytes(16, 16),
  /** As told by the client. */
  label: optional(text(1, 500)),
})

export const journalEntry = object({
  /** Milliseconds since 1970. */
  time: integer(0, Number.MAX_SAFE_INTEGER),
  node: id,
  sequence: integer(1, Number.MAX_SAFE_INTEGER),
  type: text(1, 64),
  /** Canonical JSON of the event. */
  event: text(2, 200_000),
})
export type JournalLine = TypeOf<typeof journalEntry>

export interface Operation<Q, A> {
  readonly roles: readonly Role[]
  readonly request: Codec<Q>
  readonly answer: Codec<A>
}

/** One row of a table of operations. */
export function operation<Q, A>(
  roles: readonly Role[],
  request: Codec<Q>,
  answer: Codec<A>,
): Operation<Q, A> {
  return { roles, request, answer }
}
