import assert from 'node:assert/strict'
import { listIn, memberOf, textIn } from '../../support/bodyOf.ts'
import { credentialsCases } from '../../support/errorCases/credentialsCases.ts'
import {
  errorSite,
  type Case,
  type CasesByMethod,
  type ErrorSite,
} from '../../support/errorCases/errorSite.ts'
import { everyMethodCases } from '../../support/errorCases/everyMethodCases.ts'
import { loginCases } from '../../support/errorCases/loginCases.ts'
import { signDocCases } from '../../support/errorCases/signDocCases.ts'
import { signHashCases } from '../../support/errorCases/signHashCases.ts'
import { timestampCases } from '../../support/errorCases/timestampCases.ts'
import { errorRows, type ErrorRow } from '../../support/errorRows.ts'

/** Every row of the error tables against the whole service: each method that `info` names has a case for each of its rows. */
describe('the error tables of CSC API v1.0.4.0 §11 and v2.0.0.2 §11', function () {
  this.timeout(60_000)
  let site: ErrorSite
  let cases: CasesByMethod

  before(async () => {
    site = await errorSite()
    cases = {
      ...everyMethodCases(site),
      ...loginCases(site),
      ...credentialsCases(site),
      ...timestampCases(site),
      ...signHashCases(site),
      ...signDocCases(site),
    }
  })
  after(() => site.dispose())

  const caseOf = (row: ErrorRow): Case | undefined =>
    cases[`${row.version} ${row.method}`]?.[row.case] ??
    cases[row.method]?.[row.case] ??
    cases['']?.[row.case]

  const rows = errorRows()
  const servedBy = async (version: 'v1' | 'v2'): Promise<readonly unknown[]> =>
    listIn((await site.service.ssa.post(version, 'info', {})).body, 'methods')
  const expired = (row: ErrorRow): boolean => row.case.endsWith('-expired')

  it('has a case for each row of each method that info names', async () => {
    for (const version of ['v1', 'v2'] as const) {
      const served = await servedBy(version)
      const missing = rows.filter(
        (row) =>
          row.version === version &&
          served.includes(row.method) &&
          row.unreachable === undefined &&
          caseOf(row) === undefined,
      )
      assert.deepEqual(
        missing.map(({ name }) => name),
        [],
      )
    }
  })

  it('leaves out no method that info names', async () => {
    for (const version of ['v1', 'v2'] as const) {
      const known = new Set(rows.filter((row) => row.version === version).map(({ method }) => method))
      const unknown = (await servedBy(version)).filter(
        (method) => method !== 'info' && !known.has(String(method)),
      )
      assert.deepEqual(unknown, [])
    }
  })

  // What needs a later time comes last: the SAM's clock never goes back.
  for (const row of [...rows.filter((one) => !expired(one)), ...rows.filter(expired)]) {
    if (row.unreachable !== undefined) continue
    it(`${row.name}: ${String(row.status)} ${row.description}`, async () => {
      const attempt = caseOf(row)
      if (!(await servedBy(row.version)).includes(row.method)) {
        const answer = await (attempt?.(row) ?? site.send(row, {}))
        assert.deepEqual([answer.status, memberOf(answer.body, 'error')], [501, 'not_implemented'])
        return
      }
      assert.ok(attempt, 'has no case')
      const answer = await attempt(row)
      const description = row.description
        .replace('{organization}', 'Test')
        .replace('{commonName}', 'Ada Test')
        .replace('{attributes}', 'mime-type')
      assert.deepEqual(
        [answer.status, memberOf(answer.body, 'error'), textIn(answer.body, 'error_description')],
        [row.status, row.error, description],
      )
    })
  }
})
