import { KEY_TYPE_NAMES } from './algorithms.ts'
import { bytes, flag, integer, list, object, oneOf, optional, text, type TypeOf } from './codec.ts'
import { GRADES } from './factorKinds.ts'
import { factorExpression } from './factorExpression.ts'
import { FACTOR_OPERATIONS } from './factorOperations.ts'
import { MAX_ATTRIBUTE_BYTES, MAX_HASHES, MAX_PARAMETER_BYTES } from './limits.ts'
import {
  SIGNATURE_FORMATS,
  attestation,
  binding,
  caller,
  credential,
  der,
  digest,
  digests,
  familyId,
  id,
  journalEntry,
  nothing,
  oid,
  operation,
  reason,
  requestId,
  sad,
  secret,
} from './members.ts'

export { FACTOR_KINDS, GRADES } from './factorKinds.ts'
export type { FactorKind, Grade } from './factorKinds.ts'
export {
  CHANNELS,
  FACTOR_ACTIONS,
  MAX_WAITING_SECONDS,
  ROLES,
  SIGNATURE_FORMATS,
  SIGNED_THINGS,
} from './members.ts'
export type {
  Attestation,
  ChannelName,
  CredentialPolicy,
  FactorAction,
  JournalLine,
  Operation,
  Role,
  SamCredential,
  SamFactor,
  SignatureFormat,
} from './members.ts'

/** How to sign: CSC `signAlgo`, `hashAlgo` where that leaves it open, `signAlgoParams` in DER. */
const algorithm = {
  signAlgorithm: oid,
  hashAlgorithm: optional(oid),
  signAlgorithmParameters: optional(bytes(0, MAX_PARAMETER_BYTES)),
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
      /** In place of both, for a credential that takes one of the two only. */
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
  /**
   * One signature per hash, in request order. ECDSA as DER (X9.62), RSA in modulus size. All or nothing. A credential
   * that signs documents only refuses it: `hashes_not_signed`.
   */
  sign: operation(
    ['ssa'],
    object({
      ...caller,
      familyId,
      credentialId: text(1, 255),
      sad: text(0, 1024),
      hashes: digests,
      ...algorithm,
    }),
    object({ signatures: list(bytes(8, 1024), 1, MAX_HASHES) }),
  ),
  /**
   * CSC `signatures/signDoc`: the SAD authorizes the documents' digests, and those are spent; the key signs the hash of
   * each `signedAttributes`, which the SAM checks and hashes itself, with the digest of the signature algorithm. One
   * signature per document, in request order; encoded as those of `sign`; all or nothing.
   * `signedAttributes` is the DER of the CMS SET OF Attribute (tag 0x31): content-type id-data, message-digest equal to
   * `digest`, signing-certificate-v2 with this credential's certificate alone (SHA-256 as the default that it is, or
   * SHA-384/512 named; issuerSerial right or absent; no policies); for `cades` signing-time may be there, within five
   * minutes of the SAM's clock. Anything else is `attributes_not_authorized`, and nothing is spent. A credential that signs hashes only refuses it:
   * `documents_not_signed`.
   */
  signDocument: operation(
    ['ssa'],
    object({
      ...caller,
      familyId,
      credentialId: text(1, 255),
      sad: text(0, 1024),
      documents: list(
        object({
          digest,
          format: oneOf(SIGNATURE_FORMATS),
          signedAttributes: bytes(1, MAX_ATTRIBUTE_BYTES),
        }),
        1,
        MAX_HASHES,
      ),
      ...algorithm,
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

  ...FACTOR_OPERATIONS,

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
  resume: operation(['ra'], object({ requestId, credentialId: id, reason }), nothing),
  /**
   * Generates the key pair in the HSM, under a policy that the SAM's configuration names. `factors` may narrow which
   * factors authorize, and never widen it: `policy_exceeded`.
   */
  generateKey: operation(
    ['ra'],
    object({
      requestId,
      signerId: id,
      keyType: oneOf(KEY_TYPE_NAMES),
      policy: id,
      factors: optional(factorExpression),
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
