import { hash, verify } from '@node-rs/argon2'
import type { Hsm } from '../../hsm/hsm.ts'
import { SapFailure } from '../../sap/errors.ts'
import type { SamKeys } from '../deps.ts'
import { fieldBytes } from '../state/fieldBytes.ts'

/** argon2id (the library's default) at 19 MiB, two passes, one lane: OWASP's choice for interactive use. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

interface Deps {
  readonly hsm: Pick<Hsm, 'hmac'>
  readonly keys: Pick<SamKeys, 'pepper'>
}

/**
 * The PIN as it is hashed: under a pepper that only the HSM has, and for this signer only. As text: the library hashes
 * any bytes, but compares UTF-8 only.
 */
async function peppered(deps: Deps, signerId: string, pin: string): Promise<string> {
  const mac = await deps.hsm.hmac(deps.keys.pepper, fieldBytes(['chancery-pin-1', signerId, pin]))
  return mac.toString('base64')
}

export async function hashPin(deps: Deps, signerId: string, pin: string): Promise<string> {
  return hash(await peppered(deps, signerId, pin), ARGON2)
}

export async function isPin(deps: Deps, signerId: string, pinHash: string, given: string): Promise<boolean> {
  return verify(pinHash, await peppered(deps, signerId, given))
}

/** Throws `pin_too_weak` for what an attacker would try within the attempts that he has. */
export function requireStrongPin(pin: string): void {
  const weak = (reason: string): SapFailure => new SapFailure('pin_too_weak', reason)
  if (!/^[A-Za-z0-9\-.%!$@#+]{6,64}$/.test(pin)) throw weak('6 to 64 letters, digits or -.%!$@#+ are needed')
  if (new Set(pin).size < 3) throw weak('too few different characters')
  const letters = Buffer.from(pin)
  const steps = [...letters.subarray(1)].map((letter, index) => letter - (letters[index] ?? 0))
  if (new Set(steps).size === 1) throw weak('a plain sequence')
  const half = pin.length / 2
  if (Number.isInteger(half) && pin.slice(0, half) === pin.slice(half)) throw weak('the same twice')
}
