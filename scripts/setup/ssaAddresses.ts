import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { CannotStart } from './cannotStart.ts'
import type { Addresses } from './connection.ts'
import type { DataFolder } from './dataFolder.ts'

const listener = z.object({ port: z.int() })
const schema = z.object({
  publicUrl: z.url(),
  listen: listener,
  mutualTls: listener.optional(),
  management: listener,
})

export interface SsaAddresses extends Addresses {
  readonly ports: readonly number[]
}

/** Where the SSA of a set listens, from its configuration. Throws CannotStart. */
export function ssaAddresses(data: DataFolder): SsaAddresses {
  const file = join(data.area.ssa, 'ssa.yaml')
  const parsed = schema.safeParse(parse(readFileSync(file, 'utf8')))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new CannotStart(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
  const { publicUrl, listen, mutualTls, management } = parsed.data
  return {
    publicUrl: new URL(publicUrl).origin,
    mutualTlsUrl: mutualTls && withPort(publicUrl, mutualTls.port),
    management: `http://127.0.0.1:${management.port}`,
    ports: [listen, mutualTls, management].flatMap((one) => one?.port ?? []),
  }
}

function withPort(url: string, port: number): string {
  const moved = new URL(url)
  moved.port = String(port)
  return moved.origin
}
