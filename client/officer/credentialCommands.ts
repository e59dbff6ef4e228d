import { InvalidArgumentError, Option, type Command } from 'commander'
import { KEY_TYPE_NAMES, type KeyTypeName } from '../../sap/algorithms.ts'
import { MalformedExpression } from '../../sap/expression.ts'
import { parseFactors, type FactorExpression } from '../../sap/factorExpression.ts'
import type { CommandIo } from '../commands/commandModule.ts'
import { certify, createCredential } from './createCredential.ts'
import { addOfficerOption, withOfficer } from './officerSession.ts'
import { newRequestId } from './sapPeers.ts'

interface CreateOptions {
  readonly officer: string
  readonly keyType: KeyTypeName
  readonly policy: string
  readonly factors?: FactorExpression
  readonly description?: string
}

/** `chancery credential …`: keys and certificates (registration officer). */
export function addCredentialCommands(program: Command, io: CommandIo): void {
  const group = program.command('credential').description('keys and certificates (registration officer)')
  addCreate(group, io)
  addCertify(group, io)
  addChange(group, io, { name: 'resume', description: 'let a suspended key sign again' })
  addChange(group, io, { name: 'destroy', description: 'destroy a key, every copy; the record stays' })
}

function addCreate(group: Command, io: CommandIo): void {
  const command = group
    .command('create')
    .description('make a key in the HSM and fetch its certificate; prints the id')
    .argument('<signer-id>')
    .addOption(new Option('--key-type <name>').choices(KEY_TYPE_NAMES).makeOptionMandatory())
    .requiredOption('--policy <name>', "a policy of the SAM's configuration")
    .option(
      '--factors <expression>',
      'takes fewer than the policy, e.g. "pin AND (otp OR totp)"',
      factorsOption,
    )
    .option('--description <text>')
  addOfficerOption(command).action(async (signerId: string, { officer, ...wish }: CreateOptions) => {
    const id = await withOfficer(officer, 'ra', (peers) => createCredential(peers, { signerId, ...wish }))
    io.out(`${id}\n`)
  })
}

function factorsOption(given: string): FactorExpression {
  try {
    return parseFactors(given)
  } catch (error) {
    if (error instanceof MalformedExpression) throw new InvalidArgumentError(error.message)
    throw error
  }
}

function addCertify(group: Command, io: CommandIo): void {
  const command = group
    .command('certify')
    .description('fetch the certificate of a key that has none yet')
    .argument('<credential-id>')
  addOfficerOption(command).action(async (credentialId: string, options: { officer: string }) => {
    await withOfficer(options.officer, 'ra', (peers) => certify(peers, credentialId))
    io.talk('The certificate is linked.\n')
  })
}

function addChange(
  group: Command,
  io: CommandIo,
  change: { readonly name: 'resume' | 'destroy'; readonly description: string },
): void {
  const command = group
    .command(change.name)
    .description(change.description)
    .argument('<credential-id>')
    .requiredOption('--reason <text>', 'stands in the journal')
  addOfficerOption(command).action(
    async (credentialId: string, options: { officer: string; reason: string }) => {
      await withOfficer(options.officer, 'ra', ({ sam }) =>
        sam.call(change.name, { requestId: newRequestId(), credentialId, reason: options.reason }),
      )
      io.talk(change.name === 'resume' ? 'The key may sign again.\n' : 'The key is destroyed.\n')
    },
  )
}
