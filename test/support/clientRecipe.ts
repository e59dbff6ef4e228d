import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/**
 * What docs/clients.md tells an operator to write into `ssa.yaml` for an application: the YAML below the heading that
 * begins with `title`. So the replays run with what is recommended.
 */
export function clientRecipe(title: string): Readonly<Record<string, unknown>> {
  const text = readFileSync(new URL('../../docs/clients.md', import.meta.url), 'utf8')
  const section = text.split('\n### ').find((one) => one.startsWith(title)) ?? ''
  const yaml = /```yaml\n([^`]*)```/.exec(section)?.[1]
  assert.ok(yaml !== undefined, `docs/clients.md has no recipe for ${title}`)
  const recipe: unknown = parse(yaml)
  assert.ok(typeof recipe === 'object' && recipe !== null)
  return { ...recipe }
}
