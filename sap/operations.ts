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
import { MAX_HASHES, MAX_PARAMETER_BYTES } from './limits.ts'

/** Who a peer is, from its enrolled certificate. What each may call stands with each operation below. */
export const ROLES = ['ssa', 'ra', 'ca', 'officer'] as const
export type Role = (typeof ROLES)[number]

export const GRADES = ['static', 'plain-otp', 'bound-otp'] as const
/** How far an act showed the signer which list it authorizes: docs/security-model.md. */
export type Grade = (typeof GRADES)[number]

export const FACTOR_KINDS = ['pin', 'otp', 'totp'] as const
export type FactorKind = (typeof FACTOR_KINDS)[number]

export const CHANNELS = ['smtp', 'webhook', 'file'] as const
export type ChannelName = (typeof CHANNELS)[number]

const id = text(1, 64, /^[A-Za-z0-9._-]+$/)
/** Made by the process that the outside world spoke to; in both journals and in the client's answer. */
const requestId = text(8, 64, /^[A-Za-z0-9-]+$/)
const oid = text(3, 64, /^[0-9]+(\.[0-9]+)+$/)
const digest = bytes(0, 128)
const digests = list(digest, 1, MAX_HASHES)
const secret = text(1, 128)
const reason = text(1, 500)
const der = bytes(1, 16 * 1024)
const sad = text(1, 256)
const nothing = object({})

/** Who asks, on whose behalf: as the SSA says. */
const caller = { requestId, signerId: id, clientId: id }
/** The login family: a SAD belongs to it, survives a token refresh and ends with its revocation. */
const familyId = id

const policy = object({
  /** CSC `SCAL`: "2" binds each SAD to its hashes. */
  scal: oneOf(['1', '2']),
  multisign: integer(1, MAX_HASHES),
  /** All of these, every time. */
  factors: list(oneOf(FACTOR_KINDS), 1, 3),
  minimumGrade: oneOf(GRADES),
})
export type CredentialPolicy = TypeOf<typeof policy>

const credential = object({
  credentialId: id,
  description: text(0, 255),
  state: oneOf(['GENERATED', 'ACTIVE', 'SUSPENDED', 'DESTROYED']),
  keyType: oneOf(KEY_TYPE_NAMES),
  /** The end-entity certificate first; empty before one is linked. */
  chain: list(der, 0, 8),
  policy,
})
export type SamCredential = TypeOf<typeof credential>

const factor = object({
  factorId: id,
  kind: oneOf(FACTOR_KINDS),
  state: oneOf(['ACTIVE', 'LOCKED']),
  /** Where an OTP goes, masked; empty for others. */
  destination: text(0, 255),
})
export type SamFactor = TypeOf<typeof factor>

/** The signature by the SAM's identity key over `statement`, a canonical JSON: `AttestationStatement`. */
const attestation = object({ statement: bytes(1, 4096), signature: bytes(8, 128) })
export type Attestation = TypeOf<typeof attestation>

/** Binds an OTP to one list: the signer sees its fingerprint (`fingerprint.ts`). */
const binding = object({
  hashes: digests,
  hashAlgorithm: optional(oid),
  /** 128 bits that the client drew and showed nobody before. */
  nonce: bytes(16, 16),
  /** As told by the client. */
  label: optional(text(1, 500)),
})

const journalEntry = object({
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

function operation<Q, A>(roles: readonly Role[], request: Codec<Q>, answer: Codec<A>): Operation<Q, A> {
  return { roles, request, answer }
}

/**
 * Every operation of the SAM: who may call it, what goes in, what comes out. An operation that is not here does
 * not exist; a role that is not listed is refused.
 */
export const SAM_OPERATIONS = {
  /** Whether the SAM signs, and if not, why. */
  status: operation(
    ['ssa'],
    object({ requestId }),
    object({
      state: oneOf(['OPERATIONAL', 'DEGRADED', 'AUDIT_BLOCKED', 'LOCKED']),
      profile: oneOf(['dev', 'nsp']),
      hsm: flag,
      database: flag,
      journal: flag,
    }),
  ),
  /** A signer's credentials in the order of their ids; `credentialId` asks for one, `after` for the next page. */
  credentials: operation(
    ['ssa'],
    object({
      requestId,
      signerId: id,
      credentialId: optional(text(1, 255)),
      after: optional(id),
      limit: optional(integer(1, 100)),
    }),
    object({ credentials: list(credential, 0, 100) }),
  ),
  factors: operation(['ssa'], object({ requestId, signerId: id }), object({ factors: list(factor, 0, 16) })),
  /** Makes an OTP, voids the one before, delivers it. With `binding` it authorizes that list only. */
  sendOtp: operation(
    ['ssa'],
    object({ ...caller, credentialId: text(1, 255), binding: optional(binding) }),
    object({ expiresInSeconds: integer(1, 3600) }),
  ),
  /** Checks every factor and everything else, writes the activation, returns its handle. */
  authorize: operation(
    ['ssa'],
    object({
      ...caller,
      familyId,
      credentialId: text(1, 255),
      numberOfSignatures: integer(-(2 ** 31), 2 ** 31),
      hashes: optional(digests),
      hashAlgorithm: optional(oid),
      otp: optional(secret),
      totp: optional(secret),
      /** In place of both: whichever of the two the credential demands. */
      oneTimePassword: optional(secret),
      pin: optional(secret),
      description: optional(text(0, 500)),
    }),
    object({ sad, expiresInSeconds: integer(1, 3600), grade: oneOf(GRADES) }),
  ),
  /** Renews what was approved, under a new handle; the old one is void. */
  extend: operation(
    ['ssa'],
    object({
      ...caller,
      familyId,
      credentialId: text(1, 255),
      sad: text(0, 1024),
      hashes: optional(digests),
      hashAlgorithm: optional(oid),
    }),
    object({ sad, expiresInSeconds: integer(1, 3600) }),
  ),
  /** One signature per hash, in request order. ECDSA as DER (X9.62), RSA in modulus size. All or nothing. */
  sign: operation(
    ['ssa'],
    object({
      ...caller,
      familyId,
      credentialId: text(1, 255),
      sad: text(0, 1024),
      hashes: digests,
      signAlgorithm: oid,
      hashAlgorithm: optional(oid),
      signAlgorithmParameters: optional(bytes(0, MAX_PARAMETER_BYTES)),
    }),
    object({ signatures: list(bytes(8, 1024), 1, MAX_HASHES) }),
  ),
  /** Ends one SAD, or all of a login family. */
  voidSad: operation(
    ['ssa'],
    object({ requestId, familyId, sad: optional(text(0, 1024)) }),
    object({ voided: integer(0, Number.MAX_SAFE_INTEGER) }),
  ),
  /** No signature is made after the answer. */
  suspend: operation(['ssa'], object({ ...caller, credentialId: text(1, 255), reason }), nothing),

  createSigner: operation(
    ['ra'],
    object({
      requestId,
      commonName: text(1, 64),
      givenName: optional(text(1, 64)),
      surname: optional(text(1, 64)),
      /** ETSI EN 319 412-1 semantics, e.g. `PNODK-1234`. */
      serialNumber: optional(text(1, 64)),
      organization: optional(text(1, 64)),
      /** ISO 3166-1 alpha-2. */
      country: text(2, 2, /^[A-Z]{2}$/),
    }),
    object({ signerId: id }),
  ),
  enrolPin: operation(['ra'], object({ requestId, signerId: id, pin: secret }), object({ factorId: id })),
  /** The secret is in this answer and nowhere else outside the SAM. */
  enrolTotp: operation(
    ['ra'],
    object({ requestId, signerId: id }),
    object({ factorId: id, otpauthUri: text(10, 512) }),
  ),
  setOtpDestination: operation(
    ['ra'],
    object({ requestId, signerId: id, channel: oneOf(CHANNELS), destination: text(1, 255) }),
    object({ factorId: id }),
  ),
  unlockFactor: operation(['ra'], object({ requestId, signerId: id, factorId: id, reason }), nothing),
  resume: operation(['ra'], object({ requestId, credentialId: id, reason }), nothing),
  /** Generates the key pair in the HSM, under a policy that the SAM's configuration names. */
  generateKey: operation(
    ['ra'],
    object({
      requestId,
      signerId: id,
      keyType: oneOf(KEY_TYPE_NAMES),
      policy: id,
      description: optional(text(0, 255)),
    }),
    object({ credentialId: id, publicKey: der, attestation }),
  ),
  /** PKCS#10, with the signer's name from the SAM's own record. */
  certificationRequest: operation(
    ['ra'],
    object({ requestId, credentialId: id }),
    object({ certificationRequest: der }),
  ),
  /** The end-entity certificate first, the root may be left out. */
  linkCertificate: operation(
    ['ra'],
    object({ requestId, credentialId: id, chain: list(der, 1, 8) }),
    nothing,
  ),
  /** The key is gone, every copy; the record stays. */
  destroy: operation(['ra'], object({ requestId, credentialId: id, reason }), nothing),

  attestedKey: operation(['ca'], object({ requestId, credentialId: id }), object({ attestation })),

  /** A signature application's name, as messages to signers show it. */
  registerClient: operation(['officer'], object({ requestId, clientId: id, name: text(1, 100) }), nothing),
  /** What the journal holds of one request. */
  journal: operation(
    ['officer'],
    object({ requestId, ofRequest: requestId }),
    object({ entries: list(journalEntry, 0, 1000) }),
  ),
  /** The way out of LOCKED: docs/security-model.md. */
  acceptState: operation(['officer'], object({ requestId, reason }), nothing),
} as const

export type SamOperations = typeof SAM_OPERATIONS
export type SamOperationName = keyof SamOperations
export type SamRequest<N extends SamOperationName> = TypeOf<SamOperations[N]['request']>
export type SamAnswer<N extends SamOperationName> = TypeOf<SamOperations[N]['answer']>

/** What the issuing CA of this project serves, in the same form, to the registration officer. */
export const CA_OPERATIONS = {
  /** Reads the attestation at the SAM, checks it and the request, issues. The end-entity certificate first. */
  issue: operation(
    ['ra'],
    object({ requestId, credentialId: id, certificationRequest: der }),
    object({ chain: list(der, 1, 8) }),
  ),
} as const

export type CaOperations = typeof CA_OPERATIONS
