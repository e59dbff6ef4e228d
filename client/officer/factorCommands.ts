import { Option, type Command } from 'commander'
import { CHANNELS, type ChannelName } from '../../sap/operations.ts'
import type { CommandIo } from '../commands/commandModule.ts'
import { readSecretFile } from '../secretFile.ts'
import { addOfficerOption, withOfficer } from './officerSession.ts'
import { newRequestId } from './sapPeers.ts'
import { showOnce, type ShowOptions } from './showOnce.ts'

interface ReasonOptions {
  readonly officer: string
  readonly reason: string
}

interface ResetOptions extends ReasonOptions, ShowOptions {
  readonly pinFile?: string
  readonly channel?: ChannelName
  readonly to?: string
}

/** What a registration officer does with factors that are there. After identity proofing; the signer is told of each change. */
export function addFactorCommands(group: Command, io: CommandIo): void {
  addList(group, io)
  addReset(group, io)
  addChange(group, io, {
    name: 'unlock',
    description: 'give a factor its attempts back',
    operation: 'unlockFactor',
    done: 'The factor is unlocked.',
  })
  addChange(group, io, {
    name: 'remove',
    description: 'remove a factor; another one can be enrolled',
    operation: 'removeFactor',
    done: 'The factor is removed.',
  })
  addChange(group, io, {
    name: 'cancel-change',
    description: 'drop a change of a factor that the signer asked for and that still waits',
    operation: 'cancelFactorChange',
    done: 'The change is cancelled; the factor stays as it is.',
  })
}

function addList(group: Command, io: CommandIo): void {
  const command = group
    .command('factors')
    .description('list the factors of a signer: id, state, destination, change that waits')
    .argument('<signer-id>')
  addOfficerOption(command).action(async (signerId: string, { officer }: { officer: string }) => {
    const { factors } = await withOfficer(officer, 'ra', ({ sam }) =>
      sam.call('factors', { requestId: newRequestId(), signerId }),
    )
    for (const { factorId, state, destination, change } of factors) {
      const waits = change && `${change.action} ${change.destination}`.trim()
      const words = [factorId, state, destination, waits && `(${waits} in ${change.worksInSeconds} s)`]
      io.out(`${words.filter((word) => word !== undefined && word !== '').join('  ')}\n`)
    }
  })
}

function factorCommand(group: Command, name: string, description: string): Command {
  const command = group
    .command(name)
    .description(description)
    .argument('<signer-id>')
    .argument('<factor-id>', 'pin.<signer-id>, totp.<signer-id> or otp.<signer-id>')
    .requiredOption('--reason <text>', 'stands in the journal')
  return addOfficerOption(command)
}

interface FactorChange {
  readonly name: string
  readonly description: string
  readonly operation: 'unlockFactor' | 'removeFactor' | 'cancelFactorChange'
  readonly done: string
}

function addChange(group: Command, io: CommandIo, change: FactorChange): void {
  factorCommand(group, change.name, change.description).action(
    async (signerId: string, factorId: string, { officer, reason }: ReasonOptions) => {
      await withOfficer(officer, 'ra', ({ sam }) =>
        sam.call(change.operation, { requestId: newRequestId(), signerId, factorId, reason }),
      )
      io.talk(`${change.done}\n`)
    },
  )
}

function addReset(group: Command, io: CommandIo): void {
  factorCommand(group, 'reset', 'another PIN, authenticator or OTP destination in place of the old, at once')
    .option('--pin-file <file>', 'for a PIN: holds the new one, mode 0600')
    .addOption(new Option('--channel <name>', 'for a destination').choices(CHANNELS))
    .option('--to <address>', 'for a destination')
    .addOption(
      new Option('--out <file>', "put a new authenticator's URI into a new file, mode 0600").conflicts(
        'show',
      ),
    )
    .option('--show', "put a new authenticator's URI on standard output, also where that is no terminal")
    .action(async (signerId: string, factorId: string, options: ResetOptions) => {
      const reset = (): Promise<string | undefined> => resetOne(signerId, factorId, options)
      if (factorId.startsWith('totp.'))
        await showOnce(io, options, async () => {
          const otpauthUri = await reset()
          if (otpauthUri === undefined) throw new Error('The SAM gave no secret.')
          return otpauthUri
        })
      else await reset()
      io.talk('The factor is set anew.\n')
    })
}

/** The otpauth URI of a new authenticator. */
async function resetOne(
  signerId: string,
  factorId: string,
  options: ResetOptions,
): Promise<string | undefined> {
  const { officer, reason, pinFile, channel, to: destination } = options
  const pin = pinFile === undefined ? undefined : await readSecretFile(pinFile)
  return withOfficer(officer, 'ra', async ({ sam }) => {
    const requestId = newRequestId()
    const wanted = { requestId, signerId, factorId, reason, pin, channel, destination }
    return (await sam.call('resetFactor', wanted)).otpauthUri
  })
}
