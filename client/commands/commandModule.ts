import type { Command } from 'commander'

/** What a command reads from and writes to; tests put their own in its place. */
export interface CommandIo {
  /** Data: what a script would read. */
  readonly out: (text: string) => void
  /** Talk: what a person reads. Ends with its own line feed. */
  readonly talk: (text: string) => void
  readonly stdin: NodeJS.ReadStream
  /** Whether a person sees what goes to `out`; left out: nobody knows, so not. */
  readonly isTerminal?: boolean
}

/**
 * Registers one command, or a group of them, on the program. Its action throws CommandFailure to end with an exit
 * code and a sentence; anything else that it throws is shown as a failure (exit code 1).
 */
export type CommandModule = (program: Command, io: CommandIo) => void

/** Exit codes of `chancery`: 0 is success. */
export const EXIT = { failed: 1, usage: 2, denied: 4 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Ends the program. The message is for the person at the terminal and holds no secret. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode
  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CommandFailure'
    this.exitCode = exitCode
  }
}
