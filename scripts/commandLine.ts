import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CannotStart } from './setup/cannotStart.ts'

/** Two more follow it: mutual TLS and management. */
const HIGHEST_PORT = 65533

export interface SetArguments {
  /** Absolute. */
  readonly data: string
  /** Undefined if not given. */
  readonly port: number | undefined
  readonly files: readonly string[]
}

/**
 * `--data`, `--port` and file names. Relative names are relative to where the person is: npm changes the folder and
 * tells the former one in INIT_CWD. Throws CannotStart.
 */
export function setArguments(args: readonly string[], root: string): SetArguments {
  const { values, positionals } = parsed(args)
  const from = process.env['INIT_CWD'] ?? process.cwd()
  const port = values.port === undefined ? undefined : Number(values.port)
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > HIGHEST_PORT))
    throw new CannotStart(`--port takes a number from 1 to ${HIGHEST_PORT}`)
  return {
    data: values.data === undefined ? resolve(root, 'data') : resolve(from, values.data),
    port,
    files: positionals.map((name) => resolve(from, name)),
  }
}

function parsed(args: readonly string[]): {
  values: { data?: string | undefined; port?: string | undefined }
  positionals: string[]
} {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { data: { type: 'string' }, port: { type: 'string' } },
    })
  } catch (error) {
    throw new CannotStart(error instanceof Error ? error.message : 'The arguments cannot be read')
  }
}
