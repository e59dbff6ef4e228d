import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

const row = z.strictObject({
  case: z.string(),
  status: z.int(),
  error: z.string(),
  description: z.string(),
  /** Why this service can never answer it. */
  unreachable: z.string().optional(),
})
const table = z.record(z.string(), z.array(row))

export interface ErrorRow extends z.infer<typeof row> {
  readonly version: 'v1' | 'v2'
  readonly method: string
  /** Names the row: `v1 auth/login header-malformed`. */
  readonly name: string
}

/** Every row of the standard's error tables, from `openapi/errors.yaml`. */
export function errorRows(): readonly ErrorRow[] {
  const text = readFileSync(new URL('../../openapi/errors.yaml', import.meta.url), 'utf8')
  const versions = z.strictObject({ v1: table, v2: table }).parse(parse(text))
  return (['v1', 'v2'] as const).flatMap((version) =>
    Object.entries(versions[version]).flatMap(([method, rows]) =>
      rows.map((one) => ({ ...one, version, method, name: `${version} ${method} ${one.case}` })),
    ),
  )
}
