/** What is to be stamped. */
export interface TimestampRequest {
  readonly userId: string
  readonly hash: Buffer
  /** OID of a digest whose length the hash has. */
  readonly hashAlgorithm: string
  /** Must stand in the token; where there is none, one is drawn, so that no old token is taken for a new one. */
  readonly nonce: bigint | undefined
}

/** The configured time-stamping authority (RFC 3161). */
export interface TimestampAuthority {
  /**
   * DER of the time-stamp token, which was verified: it is for this hash and nonce, made now, and signed by a certificate
   * for time-stamping under a configured authority. Throws Refusal `unavailable`, or `timestamp_algorithm_invalid` where
   * the authority takes no such hash. Safe to repeat.
   */
  stamp(request: TimestampRequest): Promise<Buffer>
}
