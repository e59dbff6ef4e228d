import { basename } from 'node:path'
import { signaturesFor } from '../authorizeHashes.ts'
import { chooseScheme, type ChosenScheme } from '../chooseScheme.ts'
import { factorSources } from '../collectFactors.ts'
import { readConnection, type Connection } from '../connection.ts'
import { connectCsc, type CscClient } from '../csc/connectCsc.ts'
import type { CredentialInfo, CscSession } from '../csc/cscSession.ts'
import { prepareDetachedFile, preparePdfFile, type FilePair, type PreparedFile } from '../preparedFile.ts'
import { printable } from '../printable.ts'
import { readSecretFile } from '../secretFile.ts'
import { NothingSigned, signFiles, type SignFilesDeps } from '../signFiles.ts'
import { CommandFailure, EXIT, type CommandIo, type CommandModule } from './commandModule.ts'
import { outputsOf, requireWritable } from './outputFiles.ts'
import { addSignOptions, SCHEMES, signaturePlace, type SignOptions } from './signOptions.ts'
import { signProgress } from './signProgress.ts'

export const signCommand: CommandModule = (program, io) => {
  const command = program
    .command('sign')
    .description('sign PDFs with a key at the service (PAdES baseline B-B), in one authorization')
    .argument('<files...>', 'in.pdf out.pdf, or any number of files with --out-dir; they stay as they are')
  addSignOptions(command).action(async (files: readonly string[], options: SignOptions) => {
    const pairs = outputsOf(files, options)
    await requireWritable(pairs, options)
    await sign(io, { files: pairs, options })
  })
}

interface SignInput {
  readonly files: readonly FilePair[]
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
  const { files, options, session } = input
  const credential = await session.info(await credentialId(input))
  if (!credential.isEnabled) throw new CommandFailure(EXIT.denied, 'The credential is disabled.')
  const chosen = chosenScheme(credential, options)
  io.talk(`Signing as ${credential.chain[0].subject.replaceAll('\n', ', ')}\n`)
  const failures = await signFiles(signingDeps(io, { ...input, credential, chosen }), {
    files,
    limit: credential.multisign,
    isSkippingUnfit: options.skipUnfit ?? false,
  }).catch((error: unknown) => {
    throw error instanceof NothingSigned ? new CommandFailure(EXIT.failed, error.message) : error
  })
  if (failures > 0)
    throw new CommandFailure(EXIT.failed, `${failures} of ${files.length} files were not written.`)
}

function signingDeps(
  io: CommandIo,
  input: SigningInput & { readonly credential: CredentialInfo; readonly chosen: ChosenScheme },
): SignFilesDeps {
  const { options, connection, credential, chosen, session } = input
  const now = (): Date => new Date()
  const prepareFile = options.detached === true ? prepareDetachedFile : preparePdfFile
  return {
    prepare: (pair) =>
      prepareFile(pair, {
        chain: credential.chain,
        scheme: chosen.scheme,
        time: now(),
        place: signaturePlace(options),
        isReplacing: options.force ?? false,
      }),
    sign: (prepared) =>
      signaturesFor(
        { ...io, now },
        {
          session,
          credential,
          chosen,
          hashes: prepared.map(({ hash }) => hash),
          label: labelOf(options, prepared),
          sources: factorSources({ ...options, otpFromStdin: options.otpStdin }, connection.signer),
        },
      ),
    onProgress: signProgress(io, chosen.scheme),
  }
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

/** Names of files may hold anything; a message to a person must not. */
function labelOf(options: SignOptions, prepared: readonly PreparedFile[]): string {
  const names = prepared.map(({ inputFile }) => basename(inputFile)).join(', ')
  const usual = prepared.length === 1 ? names : `${prepared.length} files: ${names}`
  return printable((options.label ?? usual).slice(0, 200))
}
