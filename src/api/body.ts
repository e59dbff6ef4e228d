import express, { type Request, type RequestHandler, type Response } from 'express'
import { CscError } from '../domain/errors.ts'
import { JsonRefused, parseStrictJson } from './strictJson.ts'
import { COMMON_TEXT } from './wording.ts'

/** Bytes of a request body: 1000 SHA-512 hashes fit twice. */
export const MAX_BODY_BYTES = 256 * 1024

function reader(limit: number): RequestHandler {
  return express.raw({ type: () => true, limit, inflate: false })
}

/**
 * The JSON object that a request carries, without members that are null: null stands for absent. Throws CscError: 415
 * for another media type, charset or encoding, 413 for more than the limit, 400 for what is no JSON object.
 */
export async function readBody(
  request: Request,
  response: Response,
  options: { readonly mayBeEmpty: boolean; readonly maxBytes: number },
): Promise<object> {
  const isEmpty = request.headers['content-length'] === undefined || request.headers['content-length'] === '0'
  if (options.mayBeEmpty && isEmpty && request.headers['transfer-encoding'] === undefined) return {}
  requireJson(request.headers['content-type'])
  const bytes = await readBytes(request, response, options.maxBytes)
  if (options.mayBeEmpty && bytes.length === 0) return {}
  const value = parse(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('not an object')
  return withoutNulls(value)
}

/** `application/json`, in UTF-8 whether it says so or not (RFC 8259 §8.1). */
function requireJson(contentType: string | undefined): void {
  const [type, ...parameters] = (contentType ?? '').toLowerCase().split(';')
  const charsets = parameters
    .map((parameter) => parameter.trim())
    .filter((text) => text.startsWith('charset'))
  const isUtf8 = charsets.every((charset) => /^charset="?utf-8"?$/.test(charset))
  if (type?.trim() !== 'application/json' || !isUtf8)
    throw new CscError('unsupported_media_type', 'The body must be application/json in UTF-8.')
}

async function readBytes(request: Request, response: Response, maxBytes: number): Promise<Buffer> {
  // The reader would take it all in first, though it keeps none of it.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const read = reader(maxBytes)
  try {
    await new Promise<void>((resolve, reject) => {
      void read(request, response, (error?: unknown) => {
        if (error === undefined) resolve()
        else reject(error instanceof Error ? error : new Error('the body cannot be read'))
      })
    })
  } catch (error) {
    throw bodyError(error, maxBytes)
  }
  const body: unknown = request.body
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0)
}

/** body-parser's errors by their `type`; whatever else went wrong, the body did not come. */
function bodyError(error: unknown, maxBytes: number): CscError {
  const type = typeof error === 'object' && error !== null && 'type' in error ? error.type : undefined
  switch (type) {
    case 'entity.too.large':
      return tooLarge(maxBytes)
    case 'encoding.unsupported':
      return new CscError('unsupported_media_type', 'The body must not be encoded.', { cause: error })
    default:
      return malformed('the body did not come whole')
  }
}

function tooLarge(maxBytes: number): CscError {
  const limit = Math.floor(maxBytes / 1024)
  return new CscError('payload_too_large', `The body must not have more than ${limit} KiB.`)
}

function parse(bytes: Buffer): unknown {
  try {
    return parseStrictJson(bytes)
  } catch (error) {
    if (error instanceof JsonRefused) throw malformed(error.message)
    throw error
  }
}

function malformed(reason: string): CscError {
  return new CscError('invalid_request', COMMON_TEXT.invalid_request, { cause: new Error(reason) })
}

/** Members that are null go, at every depth; elements of an array stay, since their places count. */
function withoutNulls(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]: [string, unknown]) => [name, cleaned(member)]),
  )
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned)
  return typeof value === 'object' && value !== null ? withoutNulls(value) : value
}
