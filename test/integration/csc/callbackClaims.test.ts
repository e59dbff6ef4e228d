import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { Knex } from 'knex'
import {
  createAsyncStore,
  type AsyncStore,
  type CallbackPlaces,
} from '../../../src/adapters/db/asyncStore.ts'
import { openDatabase, provisionDatabase } from '../../../src/adapters/db/open.ts'
import { saveUser } from '../../../src/adapters/db/userStore.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'

const OUTCOME = { state: 'completed', outcome: '{}' } as const
const NOW = 1_000_000
const QUOTA = { ofUser: 1_000_000, ofAll: 1_000_000 }
const LATER = NOW + 10_000
const PLACES = { most: 16, mostOfUser: 16, without: [] }

describe('the claim of a callback', () => {
  let file: string
  let database: Knex
  let store: AsyncStore
  let userId: string

  beforeEach(async () => {
    file = join(scratchFolder('claims'), 'ssa.db')
    database = await provisionDatabase(file)
    store = createAsyncStore(database, 'ssa-1', QUOTA)
    userId = await saveUser(database, { username: 'ada', signerId: 'signer-1', passwordHash: 'none' })
  })
  afterEach(() => database.destroy())

  /** Requests of ssa-1 that are done and whose callbacks are due. */
  const due = async (responseIds: readonly string[], ofUser = userId): Promise<void> => {
    for (const responseId of responseIds) {
      const responseUri = `https://client.example/${responseId}`
      const who = { requestId: 'request', userId: ofUser, clientId: 'basic' }
      await store.add({ responseId, ...who, validity: 60_000, responseUri, outcomeBytes: 2 }, NOW)
      await store.settle(responseId, OUTCOME, NOW)
    }
  }
  const claimedBy = async (
    one: AsyncStore,
    now = NOW,
    places: CallbackPlaces = PLACES,
  ): Promise<readonly string[]> =>
    (await one.claimCallbacks(now, places, () => LATER)).map(
      ({ responseId, attempt }) => `${responseId}#${attempt}`,
    )

  it('is given to one of two who see the same callback due', async () => {
    await due(['a', 'b', 'c'])
    const claims = await Promise.all([claimedBy(store), claimedBy(store)])
    assert.deepEqual(claims.flat().sort(), ['a#1', 'b#1', 'c#1'])
  })

  it('is given once, also over two connections', async () => {
    const responseIds = Array.from({ length: 16 }, (_, index) => `r${String(index).padStart(2, '0')}`)
    await due(responseIds)
    const other = await openDatabase(file)
    const claims = await Promise.all([claimedBy(store), claimedBy(createAsyncStore(other, 'ssa-1', QUOTA))])
    await other.destroy()
    assert.deepEqual(
      claims.flat().sort(),
      responseIds.map((responseId) => `${responseId}#1`),
    )
  })

  it('holds until the attempt must be over; then the next attempt has the next number', async () => {
    await due(['a'])
    assert.deepEqual(await claimedBy(store), ['a#1'])
    assert.deepEqual(await claimedBy(store, LATER - 1), [])
    assert.equal(await store.nextCallback(), LATER)
    assert.deepEqual(await claimedBy(store, LATER), ['a#2'])
  })

  it('is no other node’s, and nobody’s once the callback has ended', async () => {
    await due(['a'])
    assert.deepEqual(await claimedBy(createAsyncStore(database, 'ssa-2', QUOTA)), [])
    await store.endCallback('a')
    assert.deepEqual(await claimedBy(store), [])
    assert.equal(await store.nextCallback(), undefined)
  })

  it('goes round the users, none of whom gets more than a share', async () => {
    const bob = await saveUser(database, { username: 'bob', signerId: 'signer-2', passwordHash: 'none' })
    await due(['a1', 'a2', 'a3', 'a4'])
    await due(['b1'], bob)
    const places = { most: 3, mostOfUser: 2, without: [] }
    assert.deepEqual((await claimedBy(store, NOW, places)).toSorted(), ['a1#1', 'a2#1', 'b1#1'])
    assert.deepEqual(await claimedBy(store, NOW, { ...places, without: [userId] }), [])
    assert.deepEqual(await claimedBy(store, NOW, places), ['a3#1', 'a4#1'])
  })
})
