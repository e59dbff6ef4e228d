import assert from 'node:assert/strict'
import knexPackage, { type Knex } from 'knex'
import { Gathering, type SetStatement } from '../../../store/gathering.ts'
import { sqlOf } from '../../../store/sql.ts'

describe('set statements that are gathered', () => {
  let knex: Knex
  let runs: (readonly number[])[]
  let gathering: Gathering

  const doubled: SetStatement<number, number> = {
    run(_, items) {
      runs.push(items)
      return items.includes(13)
        ? Promise.reject(new Error('thirteen'))
        : Promise.resolve(items.map((n) => 2 * n))
    },
  }
  const negative: SetStatement<number, number> = {
    run: (_, items) => Promise.resolve(items.map((n) => -n)),
  }

  beforeEach(() => {
    runs = []
    knex = knexPackage({ client: 'sqlite3', connection: { filename: ':memory:' }, useNullAsDefault: true })
    gathering = new Gathering(sqlOf(knex), { endsWithFailure: false })
  })
  afterEach(() => knex.destroy())

  it('runs what is asked for at the same time as one, and answers each with its own', async () => {
    assert.deepEqual(await Promise.all([1, 2, 3].map((n) => gathering.do(doubled, n))), [2, 4, 6])
    assert.deepEqual(runs, [[1, 2, 3]])
  })

  it('keeps statements apart', async () => {
    const [two, minus] = await Promise.all([gathering.do(doubled, 1), gathering.do(negative, 7)])
    assert.deepEqual([two, minus], [2, -7])
  })

  it('takes what callers ask next together again', async () => {
    const twice = async (n: number): Promise<number> => gathering.do(doubled, await gathering.do(doubled, n))
    assert.deepEqual(await Promise.all([1, 2].map(twice)), [4, 8])
    assert.deepEqual(runs, [
      [1, 2],
      [2, 4],
    ])
  })

  it('fails for all that were in the statement, and for nobody after', async () => {
    const outcomes = await Promise.allSettled([gathering.do(doubled, 13), gathering.do(doubled, 1)])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.equal(await gathering.do(doubled, 4), 8)
  })

  it('in a transaction, runs nothing after a statement that failed', async () => {
    const ending = new Gathering(sqlOf(knex), { endsWithFailure: true })
    const outcomes = await Promise.allSettled([ending.do(doubled, 13), ending.do(negative, 1)])
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    await assert.rejects(ending.do(doubled, 1), { message: 'thirteen' })
    assert.deepEqual(runs, [[13]])
  })

  it('fails for all where a statement does not answer for each', async () => {
    const silent: SetStatement<number, number> = { run: () => Promise.resolve([]) }
    await assert.rejects(gathering.do(silent, 1))
    assert.equal(await gathering.do(doubled, 4), 8)
  })
})
