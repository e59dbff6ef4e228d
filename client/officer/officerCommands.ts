import { Option, type Command } from 'commander'
import { CommandFailure, EXIT, type CommandIo, type CommandModule } from '../commands/commandModule.ts'
import { checkConfig } from './checkConfig.ts'
import { addCredentialCommands } from './credentialCommands.ts'
import { explainRequest } from './explainRequest.ts'
import { addOfficerOption, withOfficer } from './officerSession.ts'
import { newRequestId } from './sapPeers.ts'
import { addSignerCommands } from './signerCommands.ts'

/** The commands of those who run the service: registration officer, security officer, operator. */
export const registerOfficerCommands: CommandModule = (program, io) => {
  addExplain(program, io)
  addSignerCommands(program, io)
  addCredentialCommands(program, io)
  addClient(program, io)
  addSam(program, io)
  addConfig(program, io)
}

function addExplain(program: Command, io: CommandIo): void {
  const command = program
    .command('explain')
    .description('tell from both journals what became of a request, and which check failed')
    .argument('<request-id>', 'as in the X-Request-Id of the answer')
  addOfficerOption(command).action(async (requestId: string, options: { officer: string }) => {
    const lines = await explainRequest(options.officer, requestId)
    if (lines.length === 0) throw new CommandFailure(EXIT.failed, unknownRequest(requestId))
    for (const line of lines) io.out(`${line}\n`)
  })
}

function unknownRequest(requestId: string): string {
  return (
    `No journal knows the request ${requestId}. Refusals of callers who proved no identity (no token or a bad one, a ` +
    "failed login) are journalled as numbers only: the SSA's log has their reasons, in the lines with this id."
  )
}

function addClient(program: Command, io: CommandIo): void {
  const group = program.command('client').description('signature applications that messages to signers name')
  const command = group
    .command('register')
    .description('give a client a name, or another one')
    .argument('<client-id>')
    .argument('<name>')
  addOfficerOption(command).action(async (clientId: string, name: string, options: { officer: string }) => {
    await withOfficer(options.officer, 'officer', ({ sam }) =>
      sam.call('registerClient', { requestId: newRequestId(), clientId, name }),
    )
    io.talk(`${clientId} is "${name}" in messages to signers from now on.\n`)
  })
}

function addSam(program: Command, io: CommandIo): void {
  const group = program.command('sam').description('the signature activation module itself')
  const command = group
    .command('accept-state')
    .description('lead the SAM out of LOCKED: voids open SADs, locks factors, suspends what cannot be proved')
    .requiredOption('--reason <text>', 'why; stands in the journal')
  addOfficerOption(command).action(async (options: { officer: string; reason: string }) => {
    await withOfficer(options.officer, 'officer', ({ sam }) =>
      sam.call('acceptState', { requestId: newRequestId(), reason: options.reason }),
    )
    io.talk('The state is accepted. Every factor is locked until a registration officer unlocks it.\n')
  })
}

function addConfig(program: Command, io: CommandIo): void {
  const group = program.command('config').description('configuration of the processes')
  group
    .command('check')
    .description('check a configuration without starting anything')
    .argument('<file.yaml>', 'sam.yaml, ca.yaml or ssa.yaml')
    .addOption(
      new Option('--process <name>', 'whose it is, by its name if not given').choices(['sam', 'ca', 'ssa']),
    )
    .action((file: string, options: { process?: string }) => {
      const { isValid, message } = checkConfig(file, options.process)
      if (!isValid) throw new CommandFailure(EXIT.failed, message)
      io.talk(`${file} is valid.\n`)
    })
}
