/** Whose call it is, as a token proves it. */
export interface Principal {
  readonly userId: string
  /** The signer at the SAM whose credentials this user has. */
  readonly signerId: string
  /** The signature application: `basic`, or the registered one of a mutual-TLS certificate. */
  readonly clientId: string
  /** All that came from one login: a SAD belongs to it, survives a token refresh and ends with its revocation. */
  readonly familyId: string
}

/** A principal in one request. */
export interface Caller extends Principal {
  readonly requestId: string
}

/** The client of a call that came without a client certificate. */
export const BASIC_CLIENT = 'basic'
