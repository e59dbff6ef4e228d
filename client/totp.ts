import { createHmac } from 'node:crypto'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const STEP_SECONDS = 30
const DIGITS = 6

/** RFC 6238 with its defaults: HMAC-SHA-1, steps of 30 seconds, six digits. */
export function totp(secret: Buffer, time: Date, digits = DIGITS): string {
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(time.getTime() / 1000 / STEP_SECONDS)))
  const mac = createHmac('sha1', secret).update(step).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0x0f
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** The secret of an authenticator: Base32 (RFC 4648 §6), alone or in an `otpauth:` URI. Throws RangeError. */
export function totpSecret(text: string): Buffer {
  const written = text.startsWith('otpauth:') ? (new URL(text).searchParams.get('secret') ?? '') : text
  const letters = written.replace(/[\s=-]/g, '').toUpperCase()
  const bytes: number[] = []
  let value = 0
  let bits = 0
  for (const letter of letters) {
    const five = BASE32.indexOf(letter)
    if (five < 0) throw new RangeError('the TOTP secret is not Base32')
    value = ((value << 5) | five) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((value >> bits) & 0xff)
  }
  if (bytes.length === 0) throw new RangeError('the TOTP secret is empty')
  return Buffer.from(bytes)
}
