import { z } from 'zod'
import type { PostgresPlace } from './postgres/connectPostgres.ts'

/** Where a process keeps its state. Paths are absolute. */
export type DatabaseConfig = { readonly file: string } | { readonly postgres: PostgresPlace }

const path = z.string().min(1)

const postgresSchema = z
  .strictObject({
    /** The folder of the server's Unix socket. */
    socket: path.optional(),
    /** Over the network: TLS always. */
    host: z.string().min(1).optional(),
    port: z.int().min(1).max(65535).default(5432),
    user: z.string().min(1).max(63),
    database: z.string().min(1).max(63),
    passwordFile: path.optional(),
    tls: z.strictObject({ authority: path, certificate: path.optional(), key: path.optional() }).optional(),
  })
  .superRefine(({ socket, host, tls }, context) => {
    const problem = (key: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [key], message })
    }
    if ((socket === undefined) === (host === undefined)) problem('socket', 'give either socket or host')
    else if (host !== undefined && tls === undefined) problem('tls', 'is demanded with host')
    else if (socket !== undefined && tls !== undefined) problem('tls', 'is for host only')
    else if ((tls?.certificate === undefined) !== (tls?.key === undefined))
      problem('tls', 'certificate and key belong together')
  })

/** The key `database` of a configuration. */
export const databaseSchema = z
  .strictObject({ file: path.optional(), postgres: postgresSchema.optional() })
  .refine(({ file, postgres }) => (file === undefined) !== (postgres === undefined), {
    error: 'give either file or postgres',
  })

/** What was parsed, with the paths that `at` makes of those in it. */
export function databaseConfig(
  parsed: z.infer<typeof databaseSchema>,
  at: (file: string) => string,
): DatabaseConfig {
  const { file, postgres } = parsed
  if (postgres === undefined) return { file: at(file ?? '') }
  const { socket, host, passwordFile, tls, ...rest } = postgres
  return {
    postgres: {
      ...rest,
      host: socket === undefined ? (host ?? '') : at(socket),
      passwordFile: passwordFile === undefined ? undefined : at(passwordFile),
      tls: tls && {
        authority: at(tls.authority),
        certificate: tls.certificate === undefined ? undefined : at(tls.certificate),
        key: tls.key === undefined ? undefined : at(tls.key),
      },
    },
  }
}

/** Files that nobody else may read, by their keys. */
export function databaseSecrets(database: DatabaseConfig): readonly (readonly [string, string])[] {
  if (!('postgres' in database)) return []
  const { passwordFile, tls } = database.postgres
  const secrets = [
    ['database.postgres.passwordFile', passwordFile],
    ['database.postgres.tls.key', tls?.key],
  ] as const
  return secrets.flatMap(([key, file]) => (file === undefined ? [] : [[key, file] as const]))
}

/** Other files that are read at the start, by their keys. */
export function databaseFiles(database: DatabaseConfig): readonly (readonly [string, string])[] {
  const tls = 'postgres' in database ? database.postgres.tls : undefined
  if (tls === undefined) return []
  const { authority, certificate } = tls
  return [
    ['database.postgres.tls.authority', authority],
    ...(certificate === undefined ? [] : [['database.postgres.tls.certificate', certificate] as const]),
  ]
}

/** How an error names it: the key, and where it is. */
export function nameOfDatabase(database: DatabaseConfig): string {
  if ('file' in database) return `database.file: ${database.file}`
  return `database.postgres: ${database.postgres.database} on ${database.postgres.host}`
}
