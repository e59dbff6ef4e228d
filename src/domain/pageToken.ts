import { equalSecrets, mac } from './secrets.ts'

export interface Page {
  readonly userId: string
  /** Id of the last credential on the page before. */
  readonly after: string
}

/** Milliseconds that a page token lives. */
const LIFETIME = 60 * 60 * 1000

/** An opaque token for the next page: it serves only the user whom it was made for, and for an hour. */
export function makePageToken(key: Uint8Array, page: Page, now: number): string {
  const body = Buffer.from(JSON.stringify([page.after, now + LIFETIME])).toString('base64url')
  return `${body}.${mac(key, `${page.userId}.${body}`)}`
}

/** The `after` of a token that `makePageToken` made with this key for this user, or undefined. */
export function openPageToken(
  key: Uint8Array,
  userId: string,
  token: string,
  now: number,
): string | undefined {
  const [body, tag, ...rest] = token.split('.')
  if (body === undefined || tag === undefined || rest.length > 0) return undefined
  if (!equalSecrets(tag, mac(key, `${userId}.${body}`))) return undefined
  const [after, expires]: unknown[] = parsed(body)
  return typeof after === 'string' && typeof expires === 'number' && now < expires ? after : undefined
}

function parsed(body: string): unknown[] {
  // Only what this module wrote gets here: the MAC was checked.
  const value: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
  return Array.isArray(value) ? value : []
}
