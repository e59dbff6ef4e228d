/** The service's refusal, in its own words (CSC API §10). */
export class CscRequestError extends Error {
  override readonly name = 'CscRequestError'
  readonly status: number
  /** CSC error code, such as `invalid_request`. */
  readonly error: string
  readonly description: string
  /** For the service's operator: `chancery explain <request-id>`. */
  readonly requestId: string | undefined

  constructor(refusal: {
    readonly status: number
    readonly error: string
    readonly description: string
    readonly requestId: string | undefined
  }) {
    super(`${refusal.description === '' ? refusal.error : refusal.description} (HTTP ${refusal.status})`)
    this.status = refusal.status
    this.error = refusal.error
    this.description = refusal.description
    this.requestId = refusal.requestId
  }
}

/** The service was not reached, did not answer in time, or its certificate is not trusted. Whether it acted is unknown. */
export class CscUnreachable extends Error {
  override readonly name = 'CscUnreachable'
}

/** The service answered something that the API does not know. */
export class CscMalformedAnswer extends Error {
  override readonly name = 'CscMalformedAnswer'
}
