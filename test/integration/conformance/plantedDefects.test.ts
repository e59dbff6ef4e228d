import assert from 'node:assert/strict'
import { CASES } from '../../../conformance/cases/all.ts'
import { readAccount } from '../../../conformance/account/readAccount.ts'
import { conductRuns } from '../../../conformance/run/conductRuns.ts'
import { conformanceSite, type ConformanceSite } from '../../support/conformanceSite.ts'
import { plantedDefects } from '../../support/defects/plantedDefects.ts'
import { faultyService } from '../../support/faultyService.ts'

/**
 * A service with one defect each time, before which a proxy stands that has it. The suite must find it by the case of
 * its rule; that the same cases pass without it is seen in ownService.test.ts.
 */
describe('the conformance suite against a service with a defect', function () {
  this.timeout(120_000)
  let site: ConformanceSite

  before(async () => {
    site = await conformanceSite()
  })
  after(() => site.dispose())

  it('knows twenty defects at least, and the case of each', () => {
    assert.ok(plantedDefects.length >= 20)
    const ids = new Set(CASES.map(({ id }) => id))
    assert.deepEqual(
      plantedDefects.map(({ foundBy }) => foundBy).filter((id) => !ids.has(id)),
      [],
    )
  })

  for (const { name, foundBy, make } of plantedDefects)
    it(`finds ${name} by “${foundBy}”`, async () => {
      const faulty = await faultyService({ origin: site.origin, ca: site.service.ssa.ca }, make())
      try {
        assert.ok((await failuresAt(site, faulty, foundBy)).includes(foundBy))
      } finally {
        await faulty.close()
      }
    })
})

/** Runs the one case against the faulty service. */
async function failuresAt(
  site: ConformanceSite,
  faulty: { readonly origin: string; readonly ca: string },
  id: string,
): Promise<readonly string[]> {
  const account = await readAccount(await site.accountFile(faulty))
  const { runs } = await conductRuns(
    account,
    { account: '', api: [id.startsWith('v1') ? 'v1' : 'v2'], only: [id], destructive: true, maxWait: 60 },
    { cases: CASES },
  )
  const results = runs.flatMap((run) => run.results)
  assert.ok(results.length > 0)
  return results
    .filter(({ case: { level }, outcome }) => outcome === (level === 'SHALL' ? 'failed' : 'warned'))
    .map((result) => result.case.id)
}
