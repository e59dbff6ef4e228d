import assert from 'node:assert/strict'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { verifyWithPdfsig } from '../../scripts/demo/verifySigned.ts'
import { deploy, type Deployment } from '../support/deployment.ts'
import { rootOf, validatedByPyHanko } from './support/validate.ts'

const FIXTURES = 'test/fixtures/pdf'
/** They forbid a signature in a new field: the client refuses them, with the reason. */
const CLOSED: readonly string[] = [
  'pyhanko-certified-1.pdf',
  'pyhanko-locks-all.pdf',
  'pyhanko-locks-others.pdf',
]

describe('chancery sign, on PDFs of many producers', function () {
  this.timeout(300_000)
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith('.pdf') && !CLOSED.includes(name))
  let deployment: Deployment
  let verdicts: ReturnType<typeof validatedByPyHanko>
  let outcome: ReturnType<Deployment['chancery']>
  const signed = (name: string): string => join(deployment.folder, 'signed', name)

  before(async () => {
    deployment = await deploy()
    mkdirSync(join(deployment.folder, 'signed'))
    const files = names.map((name) => join(FIXTURES, name))
    const where = ['--out-dir', join(deployment.folder, 'signed'), '--connection', deployment.connection]
    outcome = deployment.chancery(['sign', ...files, ...where])
    assert.equal(outcome.code, 0, outcome.talk)
    verdicts = validatedByPyHanko([rootOf(deployment), join(FIXTURES, 'grace.pem')], names.map(signed))
  })
  after(() => deployment.remove())

  it('signs at least thirty in one authorization, with one code', () => {
    assert.ok(names.length >= 30, String(names.length))
    assert.equal(outcome.talk.match(/^Fingerprint: /gm)?.length, 1)
  })

  for (const name of names)
    it(`signs ${name}: pyHanko finds every signature in it good, pdfsig the new one`, () => {
      const all = verdicts[signed(name)] ?? []
      assert.deepEqual(
        all.filter(({ ok }) => !ok),
        [],
      )
      assert.equal(all.at(-1)?.covers, 'ENTIRE_FILE')
      const { says } = verifyWithPdfsig(signed(name))
      assert.ok(
        says.filter((line) => line.endsWith('Signature is Valid.')).length === all.length,
        says.join(),
      )
    })
})
