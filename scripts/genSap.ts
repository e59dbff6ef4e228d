import { writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { sapOpenApi } from '../sap/openapi.ts'

/** The text of `openapi/sap.yaml`. */
export function sapYaml(): string {
  return stringify(sapOpenApi(), { aliasDuplicateObjects: false, lineWidth: 110, singleQuote: true })
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1])
  writeFileSync('openapi/sap.yaml', sapYaml())
