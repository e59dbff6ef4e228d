import assert from 'node:assert/strict'
import { CASES } from '../../../conformance/cases/all.ts'
import { CLAUSES, type Clause } from '../../../conformance/clauses.ts'
import { readErrorTables } from '../../../conformance/errorTables.ts'

describe('the cases of the conformance suite', () => {
  it('cover every row of the error tables', () => {
    const covered = new Set(CASES.map(({ version, method, row }) => `${version} ${method} ${row ?? ''}`))
    const rows = readErrorTables()
      .all()
      .map((one) => `${one.version} ${one.method} ${one.case}`)
    assert.deepEqual(
      rows.filter((row) => !covered.has(row)),
      [],
    )
  })

  it('name no row that the tables do not have', () => {
    const tables = readErrorTables()
    for (const one of CASES) if (one.row !== undefined) assert.ok(tables.row(one, one.row))
  })

  it('judge each clause that is not said to be judged with another, and none that is not listed', () => {
    const judged = new Set(CASES.map(({ version, clause }) => `${version} ${clause}`))
    const named = ({ version, number }: Clause): string => `${version} ${number}`
    const alone = CLAUSES.filter(({ judgedWith }) => judgedWith === undefined).map(named)
    assert.deepEqual(
      alone.filter((clause) => !judged.has(clause)),
      [],
    )
    const listed = new Set(CLAUSES.map(named))
    assert.deepEqual(
      [...judged].filter((clause) => !listed.has(clause)),
      [],
    )
  })

  it('have ids that differ', () => {
    const ids = CASES.map(({ id }) => id)
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    )
  })

  it('are at least 250 rules, though one that is repeated for methods or for both versions counts once', () => {
    const rules = new Set(CASES.map(({ rule }) => rule))
    assert.ok(rules.size >= 250, `${rules.size} rules`)
  })

  for (const version of ['v1', 'v2'] as const)
    it(`are at least 250 rules of ${version} alone`, () => {
      const rules = new Set(CASES.filter((one) => one.version === version).map(({ rule }) => rule))
      assert.ok(rules.size >= 250, `${rules.size} rules`)
    })

  it('say what they destroy, and what they wait for', () => {
    for (const { destructive, waits } of CASES)
      for (const text of [destructive, waits]) if (text !== undefined) assert.match(text, /^[a-z].{10,}/)
  })
})
