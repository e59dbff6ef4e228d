/**
 * Canonical base64 (RFC 4648 §4, with padding, unused bits zero): one text for one value. Returns undefined for
 * anything else; `Buffer.from` alone takes nearly everything.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const decoded = Buffer.from(text, 'base64')
  return decoded.toString('base64') === text ? decoded : undefined
}

export function isCanonicalBase64(text: string): boolean {
  return decodeBase64(text) !== undefined
}
