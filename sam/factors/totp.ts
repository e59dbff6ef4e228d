import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Hsm } from '../../hsm/hsm.ts'
import type { SamKeys } from '../deps.ts'
import { fieldBytes } from '../state/fieldBytes.ts'

/** RFC 6238 with the values that every authenticator app takes: SHA-1, 30 seconds, 6 digits. */
const STEP_MS = 30_000
const DIGITS = 6
const SECRET_BYTES = 20
/** Steps before and after the current one that are accepted, for clocks that differ. */
const WINDOW = 1

interface Deps {
  readonly hsm: Pick<Hsm, 'random' | 'encrypt' | 'decrypt'>
  readonly keys: Pick<SamKeys, 'seal'>
}

const boundTo = (signerId: string): Buffer => fieldBytes(['chancery-totp-1', signerId])

/** A new secret of the HSM: once in clear for the signer's app, once sealed for the record. */
export async function newTotpSecret(
  deps: Deps,
  signerId: string,
): Promise<{ clear: Buffer; sealed: Buffer }> {
  const clear = await deps.hsm.random(SECRET_BYTES)
  return { clear, sealed: await deps.hsm.encrypt(deps.keys.seal, clear, boundTo(signerId)) }
}

/** The key URI that authenticator apps read. Holds the secret: shown once, never stored or logged. */
export function otpauthUri(secret: Uint8Array, account: string): string {
  const label = `Chancery:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${base32(secret)}&issuer=Chancery&algorithm=SHA1&digits=${DIGITS}&period=${STEP_MS / 1000}`
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 §6, without padding: a 20-byte secret needs none. */
function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[parseInt(five.padEnd(5, '0'), 2)] ?? '').join('')
}

/** The code of one time step (RFC 4226 §5.3). */
export function totpCode(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = (mac[mac.length - 1] ?? 0) & 0x0f
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0')
}

/**
 * The time step that a code is right for, later than `lastStep`, or undefined. Every step of the window is
 * computed and compared, whichever matches.
 */
export async function matchingStep(
  deps: Deps,
  input: {
    readonly signerId: string
    readonly sealed: Buffer
    readonly given: string
    readonly lastStep: number
    readonly now: number
  },
): Promise<number | undefined> {
  if (!/^[0-9]{6}$/.test(input.given)) return undefined
  return withTotpSecret(deps, input.signerId, input.sealed, (secret) => {
    const current = Math.floor(input.now / STEP_MS)
    const given = Buffer.from(input.given)
    const matches: number[] = []
    for (let step = current - WINDOW; step <= current + WINDOW; step++)
      if (timingSafeEqual(Buffer.from(totpCode(secret, step)), given) && step > input.lastStep)
        matches.push(step)
    return matches[0]
  })
}

/** Unseals a signer's secret for as long as `use` takes. */
export async function withTotpSecret<T>(
  deps: { readonly hsm: Pick<Hsm, 'decrypt'>; readonly keys: Pick<SamKeys, 'seal'> },
  signerId: string,
  sealed: Buffer,
  use: (secret: Buffer) => T,
): Promise<T> {
  const secret = await deps.hsm.decrypt(deps.keys.seal, sealed, boundTo(signerId))
  try {
    return use(secret)
  } finally {
    secret.fill(0)
  }
}
