import type { X509Certificate } from 'node:crypto'

export interface ServiceInfo {
  /** Version of the API's text, such as `1.0.3.0`. */
  readonly specs: string
  readonly name: string
  readonly methods: readonly string[]
}

export type FactorKind = 'pin' | 'otp' | 'totp'

/** Something the signer must give for an authorization. */
export interface CredentialFactor {
  readonly kind: FactorKind
  /** Its id in v2; v1 has no ids and ignores it. */
  readonly id: string
  readonly label: string
}

export interface CredentialInfo {
  readonly credentialId: string
  readonly description: string
  readonly isEnabled: boolean
  /** OIDs that `signAlgo` may be, the service's preference first. */
  readonly algorithms: readonly string[]
  /** The signer's certificate first. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]]
  /** Enough for an authorization; all are needed. */
  readonly factors: readonly CredentialFactor[]
  readonly scal: '1' | '2'
  /** Signatures that one authorization may cover. */
  readonly multisign: number
}

/** A list of digests and the OID of their algorithm. */
export interface HashList {
  readonly hashes: readonly Buffer[]
  readonly hashAlgorithm: string
}

/** Ties an OTP to one list: the message to the signer then shows its fingerprint (docs/api.md). */
export interface OtpBinding extends HashList {
  /** 16 random bytes that nobody has seen before. */
  readonly nonce: Buffer
  /** What is signed, for the signer to read; shown as told by the client. */
  readonly label?: string
}

export interface SendOtpInput {
  readonly credentialId: string
  /** v2 only; `OTP` unless the credential says otherwise. */
  readonly factorId?: string
  readonly binding?: OtpBinding
}

export interface FactorValue {
  readonly kind: FactorKind
  /** v2 only; the kind in capitals unless the credential says otherwise. */
  readonly id?: string
  readonly value: string
}

export interface AuthorizeInput {
  readonly credentialId: string
  readonly numberOfSignatures: number
  /** Needed for a credential of SCAL 2. */
  readonly list?: HashList
  readonly factors: readonly FactorValue[]
  readonly description?: string
}

/** Signature activation data: whoever has it can have these hashes signed until it expires. */
export interface SignatureActivation {
  readonly sad: string
  readonly expiresInSeconds: number
}

export interface ExtendInput {
  readonly credentialId: string
  readonly sad: string
  readonly list?: HashList
}

export interface SignHashInput extends HashList {
  readonly credentialId: string
  readonly sad: string
  /** OID. */
  readonly signAlgorithm: string
  /** DER, for RSASSA-PSS. */
  readonly signAlgorithmParameters?: Buffer
}

/**
 * The CSC API as one signer, logged in: the same in v1 and v2. Every call throws CscRequestError (the service refused),
 * CscUnreachable or CscMalformedAnswer.
 */
export interface CscSession {
  /** Of the login; a service token is a secret. */
  readonly accessToken: string
  list(): Promise<readonly string[]>
  info(credentialId: string): Promise<CredentialInfo>
  /** v1 `credentials/sendOTP`, v2 `credentials/getChallenge`. The challenge, where the service shows one. */
  sendOtp(input: SendOtpInput): Promise<string | undefined>
  authorize(input: AuthorizeInput): Promise<SignatureActivation>
  extend(input: ExtendInput): Promise<SignatureActivation>
  /** One signature per hash, in the same order. Not to be repeated blindly: a SAD pays once. */
  signHash(input: SignHashInput): Promise<readonly Buffer[]>
  /** Ends the session, or the given token or SAD alone. */
  revoke(token?: string): Promise<void>
}
