import { Option, type Command } from 'commander'
import { CHANNELS, type ChannelName } from '../../sap/operations.ts'
import type { CommandIo } from '../commands/commandModule.ts'
import { readSecretFile } from '../secretFile.ts'
import { addFactorCommands } from './factorCommands.ts'
import { addOfficerOption, withOfficer } from './officerSession.ts'
import { newRequestId } from './sapPeers.ts'
import { showOnce, type ShowOptions } from './showOnce.ts'

interface CreateOptions {
  readonly officer: string
  readonly country: string
  readonly givenName?: string
  readonly surname?: string
  readonly serialNumber?: string
  readonly organization?: string
}

/** `chancery signer …`: what a registration officer does after identity proofing. */
export function addSignerCommands(program: Command, io: CommandIo): void {
  const group = program.command('signer').description('signers and their factors (registration officer)')
  addCreate(group, io)
  addPin(group, io)
  addTotp(group, io)
  addDestination(group, io)
  addFactorCommands(group, io)
}

function addCreate(group: Command, io: CommandIo): void {
  const command = group
    .command('create')
    .description('enrol a signer; prints the id')
    .argument('<common-name>')
    .requiredOption('--country <code>', 'two letters')
    .option('--given-name <text>')
    .option('--surname <text>')
    .option('--serial-number <text>', 'e.g. PNODK-1234')
    .option('--organization <text>')
  addOfficerOption(command).action(async (commonName: string, { officer, ...subject }: CreateOptions) => {
    const { signerId } = await withOfficer(officer, 'ra', ({ sam }) =>
      sam.call('createSigner', { requestId: newRequestId(), commonName, ...subject }),
    )
    io.out(`${signerId}\n`)
  })
}

function addPin(group: Command, io: CommandIo): void {
  const command = group
    .command('pin')
    .description('first enrolment of a PIN')
    .argument('<signer-id>')
    .requiredOption('--pin-file <file>', 'holds the PIN, mode 0600')
  addOfficerOption(command).action(
    async (signerId: string, options: { officer: string; pinFile: string }) => {
      const pin = await readSecretFile(options.pinFile)
      await withOfficer(options.officer, 'ra', ({ sam }) =>
        sam.call('enrolPin', { requestId: newRequestId(), signerId, pin }),
      )
      io.talk('The PIN is enrolled.\n')
    },
  )
}

function addTotp(group: Command, io: CommandIo): void {
  const command = group
    .command('totp')
    .description('first enrolment of an authenticator; shows its secret once, on a terminal')
    .argument('<signer-id>')
    .addOption(new Option('--out <file>', 'put the otpauth URI into a new file, mode 0600').conflicts('show'))
    .option('--show', 'put the otpauth URI on standard output, also where that is no terminal')
  addOfficerOption(command).action(async (signerId: string, options: ShowOptions & { officer: string }) => {
    await showOnce(io, options, () =>
      withOfficer(options.officer, 'ra', async ({ sam }) => {
        const { otpauthUri } = await sam.call('enrolTotp', { requestId: newRequestId(), signerId })
        return otpauthUri
      }),
    )
  })
}

function addDestination(group: Command, io: CommandIo): void {
  const command = group
    .command('destination')
    .description('where OTPs of a signer go')
    .argument('<signer-id>')
    .addOption(new Option('--channel <name>').choices(CHANNELS).makeOptionMandatory())
    .requiredOption('--to <address>')
  addOfficerOption(command).action(
    async (signerId: string, options: { officer: string; channel: ChannelName; to: string }) => {
      const { officer, channel, to: destination } = options
      await withOfficer(officer, 'ra', ({ sam }) =>
        sam.call('setOtpDestination', { requestId: newRequestId(), signerId, channel, destination }),
      )
      io.talk('OTPs go there from now on.\n')
    },
  )
}
