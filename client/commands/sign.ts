import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'
import { Option } from 'commander'
import { DIGESTS, type DigestName, type SchemeName } from '../../sap/algorithms.ts'
import { fingerprint } from '../../sap/fingerprint.ts'
import { chooseScheme, type ChosenScheme } from '../chooseScheme.ts'
import { collectFactors, factorSources } from '../collectFactors.ts'
import { readConnection, type ApiVersion, type Connection } from '../connection.ts'
import { connectCsc, type CscClient } from '../csc/connectCsc.ts'
import type { CredentialInfo, CscSession, OtpBinding } from '../csc/cscSession.ts'
import { readSecretFile } from '../secretFile.ts'
import { signPdf } from '../signPdf.ts'
import { CommandFailure, EXIT, type CommandIo, type CommandModule } from './commandModule.ts'

interface SignOptions {
  readonly connection: string
  readonly credential?: string
  readonly api: ApiVersion
  readonly digest?: DigestName
  readonly scheme?: keyof typeof SCHEMES
  readonly mutualTls?: boolean
  readonly label?: string
  readonly pinFile?: string
  readonly otpFile?: string
  readonly otpStdin?: boolean
}

const SCHEMES = { pkcs1: 'rsa-pkcs1', pss: 'rsa-pss', ecdsa: 'ecdsa' } as const satisfies Record<
  string,
  SchemeName
>

export const signCommand: CommandModule = (program, io) => {
  program
    .command('sign')
    .description('sign a PDF with a key at the service (PAdES baseline B-B)')
    .argument('<in.pdf>', 'the document; it stays as it is')
    .argument('<out.pdf>', 'where the signed document goes')
    .option('--connection <file>', 'service and signer', 'data/connection.json')
    .option('--credential <id>', 'which key; the first of the connection if not given')
    .addOption(new Option('--api <version>', 'version of the CSC API').choices(['v1', 'v2']).default('v1'))
    .addOption(new Option('--digest <name>', 'digest; by the key if not given').choices(Object.keys(DIGESTS)))
    .addOption(new Option('--scheme <name>', 'signature scheme; by the key').choices(Object.keys(SCHEMES)))
    .option('--mutual-tls', 'show the client certificate of the connection')
    .option('--label <text>', 'what the message to the signer calls the document; its file name if not given')
    .option('--pin-file <file>', 'PIN, mode 0600')
    .addOption(new Option('--otp-file <file>', 'OTP, read after it was sent').conflicts('otpStdin'))
    .option('--otp-stdin', 'read the OTP from standard input after it was sent')
    .action(async (inputFile: string, outputFile: string, options: SignOptions) => {
      await sign(io, { inputFile, outputFile, options })
    })
}

interface SignInput {
  readonly inputFile: string
  readonly outputFile: string
  readonly options: SignOptions
}

async function sign(io: CommandIo, input: SignInput): Promise<void> {
  const { options } = input
  const connection = await readConnection(options.connection)
  const client = await connectCsc(connection, options.api, { mutualTls: options.mutualTls ?? false })
  try {
    const session = await logIn(client, connection)
    try {
      await signWith(io, { ...input, connection, session })
    } finally {
      // The work is done or has failed for a reason of its own: an unrevoked token ends by itself.
      await session.revoke().catch(() => undefined)
    }
  } finally {
    await client.close()
  }
}

async function logIn(client: CscClient, { signer }: Connection): Promise<CscSession> {
  return client.login(signer.username, await readSecretFile(signer.passwordFile))
}

interface SigningInput extends SignInput {
  readonly connection: Connection
  readonly session: CscSession
}

async function signWith(io: CommandIo, input: SigningInput): Promise<void> {
  const { inputFile, outputFile, options, session } = input
  const credential = await session.info(await credentialId(input))
  if (!credential.isEnabled) throw new CommandFailure(EXIT.denied, 'The credential is disabled.')
  const chosen = chosenScheme(credential, options)
  const { chain } = credential
  io.talk(`Signing as ${chain[0].subject.replaceAll('\n', ', ')}\n`)

  const now = (): Date => new Date()
  const signHashes = (hashes: readonly Buffer[]): Promise<readonly Buffer[]> =>
    signaturesFor({ ...io, now }, { ...input, credential, chosen, hashes })
  const { fieldName } = await signPdf(
    { now, signHashes },
    { inputFile, outputFile, chain, scheme: chosen.scheme },
  )
  io.talk(`Signed: ${fieldName}, ${chosen.scheme.name} with ${chosen.scheme.digest}\n`)
  io.out(`${outputFile}\n`)
}

async function credentialId({ options, connection, session }: SigningInput): Promise<string> {
  const named = options.credential ?? connection.signer.credentials[0]?.id
  if (named !== undefined) return named
  const [first] = await session.list()
  if (first === undefined)
    throw new CommandFailure(EXIT.failed, 'The signer has no credential at this service.')
  return first
}

function chosenScheme(credential: CredentialInfo, { scheme, digest }: SignOptions): ChosenScheme {
  try {
    return chooseScheme(credential, { scheme: scheme === undefined ? undefined : SCHEMES[scheme], digest })
  } catch (cause) {
    if (cause instanceof RangeError) throw new CommandFailure(EXIT.usage, cause.message, { cause })
    throw cause
  }
}

/** The signer's act: one authorization for the list of hashes, by the factors that the credential wants. */
async function signaturesFor(
  io: CommandIo & { readonly now: () => Date },
  input: SigningInput & {
    readonly credential: CredentialInfo
    readonly chosen: ChosenScheme
    readonly hashes: readonly Buffer[]
  },
): Promise<readonly Buffer[]> {
  const { options, connection, session, credential, chosen, hashes } = input
  const { credentialId } = credential
  const list = { hashes, hashAlgorithm: chosen.hashAlgorithm }
  const binding: OtpBinding = { ...list, nonce: randomBytes(16), label: labelOf(input) }
  const shown = fingerprint({ ...binding, credentialId })
  io.talk(`Fingerprint: ${shown}\n`)
  if (credential.factors.some(({ kind }) => kind === 'otp'))
    io.talk('  The message with the OTP must show the same. If it does not, do not go on.\n')

  const factors = await collectFactors(io, {
    factors: credential.factors,
    sources: factorSources({ ...options, otpFromStdin: options.otpStdin }, connection.signer),
    fingerprint: shown,
    sendOtp: async ({ id }) => {
      await session.sendOtp({ credentialId, factorId: id, binding })
    },
  })
  const { sad } = await session.authorize({
    credentialId,
    numberOfSignatures: hashes.length,
    list,
    factors,
  })
  return session.signHash({ credentialId, sad, ...list, ...chosen })
}

/** Names of files may hold anything; a message to a person must not. */
function labelOf({ options, inputFile }: SignInput): string {
  const label = options.label ?? basename(inputFile)
  return label.replace(/\p{C}/gu, ' ').slice(0, 200)
}
