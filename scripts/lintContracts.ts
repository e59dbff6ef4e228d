import { createConfig, lint } from '@redocly/openapi-core'
import { fileURLToPath } from 'node:url'

/** Rules that the contracts break on purpose. */
const OFF = {
  // Every error of these APIs is one object: it stands once, as the default response.
  'operation-4xx-response': 'off',
} as const

/** `sap.yaml` is generated from the codecs, which know neither a server's address nor words for a summary. */
const OFF_FOR_SAP = {
  ...OFF,
  'no-empty-servers': 'off',
  'operation-summary': 'off',
  'info-license': 'off',
  // Mutual TLS for every operation.
  'security-defined': 'off',
} as const

const CONTRACTS = { 'csc-v1.yaml': OFF, 'csc-v2.yaml': OFF, 'management.yaml': OFF, 'sap.yaml': OFF_FOR_SAP }

/** Lints the OpenAPI documents. Prints each problem, warnings too; ends with 1 if there is one. */
for (const [name, rules] of Object.entries(CONTRACTS)) {
  const ref = fileURLToPath(new URL(`../openapi/${name}`, import.meta.url))
  const config = await createConfig({ extends: ['recommended'], rules })
  for (const { ruleId, message, location } of await lint({ ref, config })) {
    process.stderr.write(`${name}: ${location[0]?.pointer ?? ''}: ${message} (${ruleId})\n`)
    process.exitCode = 1
  }
}
