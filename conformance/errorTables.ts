import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import type { ApiVersion, Section } from './section.ts'

const row = z.object({ case: z.string(), status: z.int(), error: z.string(), description: z.string() })
const table = z.record(z.string(), z.array(row))

/** A row of the standard's error tables. In `description`, `{…}` stands for what the service fills in. */
export type ErrorRow = z.infer<typeof row>

export interface ErrorTables {
  /** Throws Error when the table has no such row: a case that names it is wrong. */
  row(section: Pick<Section, 'version' | 'method'>, name: string): ErrorRow
  all(): readonly (ErrorRow & { readonly version: ApiVersion; readonly method: string })[]
}

/** The tables of `openapi/errors.yaml`, which lies beside the contract. */
export function readErrorTables(): ErrorTables {
  const text = readFileSync(new URL('../openapi/errors.yaml', import.meta.url), 'utf8')
  const versions = z.object({ v1: table, v2: table }).parse(parse(text))
  return {
    row({ version, method }, name) {
      const found = versions[version][method]?.find((one) => one.case === name)
      if (found === undefined) throw new Error(`the error table of ${version} ${method} has no row ${name}`)
      return found
    },
    all: () =>
      (['v1', 'v2'] as const).flatMap((version) =>
        Object.entries(versions[version]).flatMap(([method, rows]) =>
          rows.map((one) => ({ ...one, version, method })),
        ),
      ),
  }
}
