import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { Knex } from 'knex'
import { z } from 'zod'
import { certificateFingerprint } from '../sap/transport/peer.ts'
import { saveClient } from './adapters/db/clientRegister.ts'
import { provisionDatabase } from './adapters/db/open.ts'
import { provisionPageTokenKey } from './adapters/db/settings.ts'
import { saveUser, UserExists } from './adapters/db/userStore.ts'
import { createPasswords } from './adapters/security/passwords.ts'
import { ConfigError, loadConfig } from './config.ts'
import { BASIC_CLIENT } from './domain/principal.ts'

const id = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/)

const user = z.strictObject({
  /** No colon: HTTP Basic could not carry it (RFC 7617). */
  username: z.string().regex(/^[^:\p{Cc}]{1,255}$/u),
  password: z.string().min(1).max(1024),
  signerId: id,
})

const client = z.strictObject({
  clientId: id.refine((name) => name !== BASIC_CLIENT, { error: 'is the name of all unregistered clients' }),
  /** PEM. */
  certificateFile: z.string().min(1),
})

/**
 * `provision --config ssa.yaml` makes the database or brings it up to date. `add-user` and `add-client` after it read
 * one JSON object from standard input, so that no password stands in argv. All of it is safe to repeat.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { config: { type: 'string' } },
    allowPositionals: true,
  })
  const [command] = positionals
  if (values.config === undefined || positionals.length > 1)
    throw new ConfigError('usage: provision --config ssa.yaml [add-user | add-client]')
  // The database holds names and password hashes: nobody else's.
  process.umask(0o077)
  const database = await provisionDatabase(loadConfig(values.config).database.file)
  try {
    await provisionPageTokenKey(database)
    if (command !== undefined) await run(database, command)
  } finally {
    await database.destroy()
  }
}

async function run(database: Knex, command: string): Promise<void> {
  switch (command) {
    case 'add-user': {
      const { password, ...rest } = readInput(user)
      const passwords = await createPasswords()
      const userId = await saveUser(database, { ...rest, passwordHash: await passwords.hash(password) })
      process.stdout.write(`${JSON.stringify({ userId })}\n`)
      return
    }
    case 'add-client': {
      const { clientId, certificateFile } = readInput(client)
      const certificate = new X509Certificate(readFileSync(certificateFile))
      await saveClient(database, { clientId, certificateSha256: certificateFingerprint(certificate) })
      process.stdout.write(`${JSON.stringify({ clientId })}\n`)
      return
    }
    default:
      throw new ConfigError(`provision: unknown command ${command}`)
  }
}

/** Reads standard input to its end. The message of a refusal names the member, never a value. */
function readInput<T>(schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(0, 'utf8'))
  } catch {
    throw new ConfigError('standard input: no JSON')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ConfigError(`standard input: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

main().catch((error: unknown) => {
  const isFinal = error instanceof ConfigError || error instanceof UserExists
  process.stderr.write(
    `${error instanceof Error ? (isFinal ? error.message : (error.stack ?? '')) : 'failed'}\n`,
  )
  process.exitCode = isFinal ? 78 : 1
})
