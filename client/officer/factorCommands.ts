import { Option, type Command } from 'commander'
import { renderUnicodeCompact } from 'uqr'
import { CHANNELS, type ChannelName } from '../../sap/operations.ts'
import type { CommandIo } from '../commands/commandModule.ts'
import { readSecretFile } from '../secretFile.ts'
import { addOfficerOption, withOfficer } from './officerSession.ts'
import { newRequestId, type SamClient } from './sapPeers.ts'

interface ReasonOptions {
  readonly officer: string
  readonly reason: string
}

interface ResetOptions extends ReasonOptions {
  readonly pinFile?: string
  readonly channel?: ChannelName
  readonly to?: string
}

/** What a registration officer does to a factor that is there, after identity proofing. The signer is told of each. */
export function addFactorCommands(group: Command, io: CommandIo): void {
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
    .action(async (signerId: string, factorId: string, options: ResetOptions) => {
      const { officer, reason, pinFile, channel, to: destination } = options
      const pin = pinFile === undefined ? undefined : await readSecretFile(pinFile)
      const reset = (sam: SamClient): Promise<{ readonly otpauthUri?: string | undefined }> =>
        sam.call('resetFactor', {
          requestId: newRequestId(),
          signerId,
          factorId,
          reason,
          pin,
          channel,
          destination,
        })
      const { otpauthUri } = await withOfficer(officer, 'ra', ({ sam }) => reset(sam))
      io.talk('The factor is set anew.\n')
      if (otpauthUri === undefined) return
      io.talk(`${renderUnicodeCompact(otpauthUri)}\n`)
      io.out(`${otpauthUri}\n`)
    })
}
