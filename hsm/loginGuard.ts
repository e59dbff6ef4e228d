import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { WrongPin } from './errors.ts'
import type { Pin } from './pinFile.ts'

/**
 * Remembers in a file that a token refused the PIN, so that a supervisor that starts the process again and again
 * cannot use up the token's attempts. The memory ends when the PIN file changes in any way.
 */
export class LoginGuard {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** Throws WrongPin if this very PIN file was refused before. Call before each C_Login. */
  requireUntried(pin: Pin): void {
    if (this.#refused() === pin.fileIdentity)
      throw new WrongPin(
        'the token refused this PIN before: no login is tried until the PIN file changes (correct it; or touch it, ' +
          'once the PIN of the token was set to it)',
      )
  }

  /** Durable on return. */
  rememberRefused(pin: Pin): void {
    const unfinished = `${this.#path}.new`
    const file = openSync(unfinished, 'w', 0o600)
    try {
      writeSync(file, `${pin.fileIdentity}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(unfinished, this.#path)
  }

  forget(): void {
    rmSync(this.#path, { force: true })
  }

  #refused(): string | undefined {
    try {
      return readFileSync(this.#path, 'utf8').trim()
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }
}
