import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { CASES } from '../../../conformance/cases/all.ts'

const run = promisify(execFile)

/** Resolves packages as on a machine where none with native code was built. */
const WITHOUT_NATIVE = `
export async function resolve(specifier, context, next) {
  if (/^(pkcs11js|sqlite3|knex|@node-rs\\/argon2)/.test(specifier)) throw new Error(specifier + ' is not here')
  return next(specifier, context)
}`
const HOOK = dataUrl(
  `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(WITHOUT_NATIVE))})`,
)

function dataUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`
}

describe('conformance: the suite alone', () => {
  async function evaluate(code: string): Promise<string> {
    const args = ['--import', 'tsx', '--import', HOOK, '--input-type=module', '--eval', code]
    return (await run(process.execPath, args)).stdout
  }

  it('starts where no package with native code can be found', async () => {
    const listed = await evaluate(
      `const { main } = await import('./conformance/main.ts'); await main(['list'])`,
    )
    assert.equal(listed.trim().split('\n').length, CASES.length)
  })

  it('and the test would notice one', async () => {
    await assert.rejects(
      evaluate(`await import('./hsm/hsm.ts'); await import('pkcs11js')`),
      /pkcs11js is not here/,
    )
  })
})
