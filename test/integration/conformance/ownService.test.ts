import assert from 'node:assert/strict'
import { readAccount } from '../../../conformance/account/readAccount.ts'
import { CASES } from '../../../conformance/cases/all.ts'
import { conductRuns } from '../../../conformance/run/conductRuns.ts'
import { NOT_OFFERED } from '../../support/conformance/notOffered.ts'
import { conformanceSite, type ConformanceSite } from '../../support/conformanceSite.ts'

/** The whole suite against this service with every state prepared. */
describe('the conformance suite against this service', function () {
  this.timeout(900_000)
  let site: ConformanceSite

  before(async () => {
    site = await conformanceSite()
  })
  after(() => site.dispose())

  for (const version of ['v1', 'v2'] as const)
    it(`finds nothing in ${version} that failed, was warned of or could not be run`, async () => {
      const account = await readAccount(await site.accountFile())
      const request = { account: '', api: [version], destructive: true, maxWait: 60 }
      const report = await conductRuns(account, request, { cases: CASES })
      const results = report.runs.flatMap((run) => run.results)
      assert.equal(results.length, CASES.filter((one) => one.version === version).length)
      assert.deepEqual(
        results
          .filter(({ outcome }) => outcome !== 'passed' && outcome !== 'not-offered')
          .map(({ case: one, outcome, reason }) => `${outcome}: ${one.id}: ${reason}`),
        [],
      )
      const notOffered = results.filter(({ outcome }) => outcome === 'not-offered')
      assert.deepEqual(
        notOffered.map(({ case: { id }, reason }) => `${id}: ${reason}`).toSorted(),
        NOT_OFFERED.filter((line) => line.startsWith(`${version} `)).toSorted(),
      )
    })
})
