import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { account, type Account, type FactorSource, type TlsFiles, type User } from './account.ts'
import { connectionSchema, fromConnection } from './fromConnection.ts'

/**
 * Reads an account file (YAML or JSON), or the `connection.json` of a Chancery service. Throws Error with a sentence
 * that names file and member.
 */
export async function readAccount(path: string): Promise<Account> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`${path} cannot be read; \`chancery-conformance init\` writes such a file.`, { cause })
  })
  const document = yamlOf(path, text)
  const connection = connectionSchema.safeParse(document)
  if (connection.success) return fromConnection(connection.data)
  const parsed = account.safeParse(document)
  if (parsed.success) return withPaths(parsed.data, dirname(resolve(path)))
  const [issue] = parsed.error.issues
  const keys = issue?.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys] : (issue?.path ?? [])
  throw new Error(`${path}: ${keys.join('.')}: ${issue?.message ?? 'malformed'}`)
}

function yamlOf(path: string, text: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    throw new Error(`${path} is neither YAML nor JSON.`, { cause })
  }
}

function withPaths(read: Account, folder: string): Account {
  const absolute = (path: string): string => resolve(folder, path)
  return {
    ...read,
    tls: tlsWithPaths(read.tls, absolute),
    user: userWithPaths(read.user, absolute),
    ...(read.other === undefined ? {} : { other: userWithPaths(read.other, absolute) }),
    ...(read.lockable === undefined ? {} : { lockable: userWithPaths(read.lockable, absolute) }),
  }
}

function tlsWithPaths(tls: TlsFiles, absolute: (path: string) => string): TlsFiles {
  const { caFile, certificateFile, keyFile } = tls
  return {
    ...(caFile === undefined ? {} : { caFile: absolute(caFile) }),
    ...(certificateFile === undefined ? {} : { certificateFile: absolute(certificateFile) }),
    ...(keyFile === undefined ? {} : { keyFile: absolute(keyFile) }),
  }
}

function userWithPaths(user: User, absolute: (path: string) => string): User {
  const { authentication } = user
  const factors = Object.entries(user.factors).map(
    ([id, source]) => [id, sourceWithPath(source, absolute)] as const,
  )
  return {
    ...user,
    factors: Object.fromEntries(factors),
    authentication:
      'basic' in authentication
        ? { basic: { ...authentication.basic, passwordFile: absolute(authentication.basic.passwordFile) } }
        : 'bearer' in authentication
          ? { bearer: { tokenFile: absolute(authentication.bearer.tokenFile) } }
          : authentication,
  }
}

function sourceWithPath(source: FactorSource, absolute: (path: string) => string): FactorSource {
  if ('file' in source) return { file: absolute(source.file) }
  if ('secretFile' in source) return { secretFile: absolute(source.secretFile) }
  if ('folder' in source) return { folder: absolute(source.folder) }
  return source
}
