/** Sizes and times of the SSA-SAM protocol. Part of the contract: a change is a new protocol version. */

/** Stands in every path: `/sap/v1/<operation>`. */
export const PROTOCOL_VERSION = 'v1'

/** Bytes of a request body. A list of 1000 SHA-512 digests fits several times. */
export const MAX_BODY_BYTES = 512 * 1024

/**
 * Bytes of an answer body: 1000 RSA-4096 signatures in base64, or a page of 100 credentials with their chains, and room.
 * What was signed must not be lost because its answer is long.
 */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024

/** Milliseconds a peer may take to send a request, and a server to answer it. */
export const REQUEST_TIMEOUT_MS = 30_000

/** Hashes in one authorization or one signing request. */
export const MAX_HASHES = 1000

/** Bytes of DER in `signedAttributes`. What a baseline signature needs has about 200. */
export const MAX_ATTRIBUTE_BYTES = 2048

/** Bytes of BER in `signAlgorithmParameters`. */
export const MAX_PARAMETER_BYTES = 256
