import { join } from 'node:path'
import { z } from 'zod'
import type { Deployment } from '../../support/deployment.ts'
import { runScript } from './python.ts'

const verdict = z.object({ field: z.string(), ok: z.boolean(), covers: z.string(), what: z.string() })
const verdicts = z.record(z.string(), z.array(verdict))

/** What pyHanko says of every signature in each file, the oldest first. */
export function validatedByPyHanko(
  roots: readonly string[],
  files: readonly string[],
): Readonly<Record<string, readonly z.infer<typeof verdict>[]>> {
  return verdicts.parse(runScript('validate_pdfs.py', { roots, files }))
}

/** The demo CA's root, as set-up gives it to the SAM. */
export function rootOf({ data }: Deployment): string {
  return join(data, 'sam', 'ca-root.crt')
}
