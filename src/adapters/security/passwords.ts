import { randomBytes } from 'node:crypto'
import { hash, verify, type Options } from '@node-rs/argon2'
import type { Passwords } from '../../ports/passwords.ts'

/** argon2id (the package's default algorithm, RFC 9106); memory in KiB. About 25 ms on one core. */
const OPTIONS: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** Bytes of a password, at most: what is longer is not one, and costs nothing. */
const MAX_PASSWORD = 1024

export async function createPasswords(): Promise<Passwords> {
  // What an unknown user's password is compared with, so that it takes as long as a known one's.
  const nobody = await hash(randomBytes(32), OPTIONS)
  return {
    hash: (password) => hash(password, OPTIONS),
    async verify(stored, password) {
      const candidate = Buffer.from(password).length > MAX_PASSWORD ? '' : password
      const isRight = await verify(stored ?? nobody, candidate)
      return isRight && stored !== undefined && candidate === password
    },
  }
}
