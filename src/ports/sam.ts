import type { SignatureFormat } from '../../sap/operations.ts'
import type { Credential, SignerFactor } from '../domain/credential.ts'
import type { Caller } from '../domain/principal.ts'

/** Whether the SAM signs, and if not, what is wrong. */
export interface SamStatus {
  readonly state: string
  readonly profile: string
  readonly hsm: boolean
  readonly database: boolean
  readonly journal: boolean
}

/** Binds an OTP to one list: its message shows the list's fingerprint. */
export interface OtpBinding {
  readonly hashes: readonly Buffer[]
  /** OID. */
  readonly hashAlgorithm: string | undefined
  /** 16 bytes that the client drew. */
  readonly nonce: Buffer
  /** As told by the client. */
  readonly label: string | undefined
}

export interface AuthorizeRequest {
  readonly credentialId: string
  readonly numberOfSignatures: number
  readonly hashes: readonly Buffer[] | undefined
  /** OID. */
  readonly hashAlgorithm: string | undefined
  readonly otp: string | undefined
  readonly totp: string | undefined
  /** In place of both, for a credential that takes one of the two only. */
  readonly oneTimePassword: string | undefined
  readonly pin: string | undefined
  readonly description: string | undefined
}

export interface ExtendRequest {
  readonly credentialId: string
  readonly sad: string
  readonly hashes: readonly Buffer[] | undefined
  readonly hashAlgorithm: string | undefined
}

export interface SignRequest {
  readonly credentialId: string
  readonly sad: string
  readonly hashes: readonly Buffer[]
  /** OIDs. */
  readonly signAlgorithm: string
  readonly hashAlgorithm: string | undefined
  /** BER. */
  readonly signAlgorithmParameters: Buffer | undefined
}

/** As SignRequest, for CMS signatures: the SAD authorizes the digests, the key signs the hash of the attributes. */
export interface SignDocumentRequest extends Omit<SignRequest, 'hashes'> {
  readonly documents: readonly {
    readonly digest: Buffer
    readonly format: SignatureFormat
    /** DER of the SET OF Attribute, which the SAM checks one by one. */
    readonly signedAttributes: Buffer
  }[]
}

/** A SAD is opaque here. */
export interface Sad {
  readonly sad: string
  readonly expiresInSeconds: number
}

/**
 * The Signature Activation Module. It decides everything about SADs, hashes, algorithms and factors, and believes
 * nothing of the SSA; what it refuses comes as Refusal. Nothing here is retried: when there was no answer (Refusal
 * `unavailable`), nobody knows whether it acted.
 */
export interface Sam {
  status(requestId: string): Promise<SamStatus>
  /** One credential of the caller's signer. Throws Refusal `credential_invalid` for a foreign or unknown one. */
  credential(caller: Caller, credentialId: string): Promise<Credential>
  /**
   * The signer's credentials with a certificate and a key, ordered by id, those behind `after`; `limit` at most
   * 99. `last` is the id to go on from, undefined when there are no more.
   */
  credentials(
    caller: Caller,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<{ readonly credentials: readonly Credential[]; readonly last: string | undefined }>
  factors(caller: Caller): Promise<readonly SignerFactor[]>
  sendOtp(caller: Caller, credentialId: string, binding: OtpBinding | undefined): Promise<void>
  authorize(caller: Caller, request: AuthorizeRequest): Promise<Sad & { readonly grade: string }>
  extend(caller: Caller, request: ExtendRequest): Promise<Sad>
  /** One signature for each hash, in the same order. ECDSA as DER, RSA in modulus size. */
  sign(caller: Caller, request: SignRequest): Promise<readonly Buffer[]>
  /** One signature for each document, in the same order; encoded as those of `sign`. */
  signDocument(caller: Caller, request: SignDocumentRequest): Promise<readonly Buffer[]>
  /** Ends one SAD of a login family, or all of them. Returns how many. */
  voidSad(family: { requestId: string; familyId: string }, sad: string | undefined): Promise<number>
}
