import { createHmac } from 'node:crypto'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Seconds of one step of RFC 6238. */
export const STEP_SECONDS = 30

/** Six digits for a step (RFC 6238 with HMAC-SHA-1); the secret is Base32, alone or in an otpauth URI. */
export function totpAt(written: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', keyOf(written)).update(counter).digest()
  const number = mac.readUInt32BE(mac.readUInt8(mac.length - 1) & 0x0f) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

function keyOf(written: string): Buffer {
  const secret = written.startsWith('otpauth:')
    ? (new URL(written).searchParams.get('secret') ?? '')
    : written
  const letters = secret.replace(/[\s=-]/g, '').toUpperCase()
  const bits = Array.from(letters, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, '0')).join('')
  if (bits === '' || bits.includes('-')) throw new Error('A TOTP secret is not Base32.')
  const bytes = bits.match(/.{8}/g) ?? []
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)))
}
