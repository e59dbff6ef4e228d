import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** A bearer or refresh token: 256 random bits as base64url, 43 characters. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** Whether a text has the form of `newToken`. */
export function looksLikeToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text)
}

/** What is stored of a token: SHA-256, hex. Enough, since a token is random and not guessable. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Compares two texts in a time that tells nothing of where they differ. */
export function equalSecrets(a: string, b: string): boolean {
  const [left, right] = [createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest()]
  return timingSafeEqual(left, right)
}

/** HMAC-SHA-256, base64url. */
export function mac(key: Uint8Array, message: string): string {
  return createHmac('sha256', key).update(message).digest('base64url')
}
