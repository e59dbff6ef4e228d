import { Command, CommanderError } from 'commander'
import { CommandFailure, EXIT, type CommandIo, type CommandModule } from './commands/commandModule.ts'
import { signCommand } from './commands/sign.ts'
import { CscRequestError } from './csc/cscErrors.ts'
import { registerOfficerCommands } from './officer/officerCommands.ts'

const COMMANDS: readonly CommandModule[] = [signCommand, registerOfficerCommands]

const PROCESS_IO: CommandIo = {
  out: (text) => process.stdout.write(text),
  talk: (text) => process.stderr.write(text),
  stdin: process.stdin,
  isTerminal: process.stdout.isTTY,
}

/** Runs `chancery` with these arguments and returns the exit code: `EXIT`, or 0. Never throws. */
export async function run(args: readonly string[], io: CommandIo = PROCESS_IO): Promise<number> {
  const program = new Command('chancery')
    .description('sign with a key that never leaves its module')
    .showHelpAfterError('(chancery --help shows what there is)')
  // Subcommands take these settings over when they are made: first the settings, then the commands.
  program.exitOverride().configureOutput({ writeOut: io.out, writeErr: io.talk })
  for (const register of COMMANDS) register(program, io)
  try {
    await program.parseAsync(args, { from: 'user' })
    return 0
  } catch (error) {
    return exitCodeOf(error, io)
  }
}

function exitCodeOf(error: unknown, { talk }: CommandIo): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT.usage
  talk(`${error instanceof Error ? error.message : String(error)}\n`)
  if (error instanceof CommandFailure) return error.exitCode
  if (!(error instanceof CscRequestError)) return EXIT.failed
  if (error.requestId !== undefined) talk(`Request id: ${error.requestId}\n`)
  return isDenied(error) ? EXIT.denied : EXIT.failed
}

const DENIALS = new Set(
  ['access_denied', 'authentication_error', 'unauthorized_client', 'invalid_token', 'expired_token'].concat([
    'invalid_pin',
    'invalid_otp',
    'invalid_authentication_data',
  ]),
)

/** The signer, the application or a factor was refused: asking again the same way does not help. */
function isDenied({ status, error, description }: CscRequestError): boolean {
  return status === 401 || status === 403 || DENIALS.has(error) || /\blocked$/.test(description)
}
