import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openDatabase } from '../../../src/adapters/db/open.ts'
import { buildAsyncSite, SIGNATURE, type Site } from '../../support/asyncSite.ts'
import type { Answer } from '../../support/buildSsa.ts'

const FULL = {
  error: 'temporarily_unavailable',
  error_description:
    'The outcomes that are kept take all the room they may: ask again when some have expired.',
}
const HASHES = Array.from({ length: 80 }, () => Buffer.alloc(32, 7).toString('base64'))

/** Room for one request with 80 hashes (about 56,000 bytes) while it runs, and once its 64-byte signatures (about 8,000) are kept, for one of both. */
const SMALLEST = 65_536

async function run(site: Site, statement: string): Promise<unknown> {
  const database = await openDatabase(join(site.ssa.folder, 'ssa.db'))
  const found: unknown = await database.raw(statement)
  await database.destroy()
  return found
}

describe('the room that kept outcomes may take', () => {
  let site: Site
  const signing = (length: number): void => {
    site.sam.handlers = { sign: () => Promise.resolve({ signatures: Array(length).fill(SIGNATURE) }) }
  }
  afterEach(() => site.dispose())

  function assertFull(answer: Answer): void {
    assert.equal(answer.status, 503)
    assert.deepEqual(answer.body, FULL)
    assert.equal(answer.headers['retry-after'], '5')
  }

  it('is bounded for a user: what may not fit is refused before the SAM is asked', async () => {
    site = await buildAsyncSite({ asynchronous: { userBytes: SMALLEST } })
    signing(80)
    for (let n = 0; n < 2; n++)
      assert.equal(
        (await site.outcome(await site.begun({ hashes: HASHES, validity_period: 60_000 }))).status,
        200,
      )
    const calls = site.sam.calls.length
    assertFull(await site.sign({ hashes: HASHES }))
    assert.equal(site.sam.calls.length, calls)
    const bob = await site.ssa.login('bob', 'correct horse')
    assert.equal((await site.sign({ hashes: HASHES }, bob)).status, 200, 'another user has his own')
    site.clock.pass(60_001)
    await site.ssa.restart()
    assert.equal((await site.sign({ hashes: HASHES })).status, 200, 'there is room again')
  })

  it('is bounded for all', async () => {
    site = await buildAsyncSite({ asynchronous: { allBytes: SMALLEST } })
    signing(80)
    const bob = await site.ssa.login('bob', 'correct horse')
    for (let n = 0; n < 2; n++)
      assert.equal((await site.outcome(await site.begun({ hashes: HASHES }))).status, 200)
    assertFull(await site.sign({ hashes: HASHES }, bob))
    assert.equal((await site.sign({}, bob)).status, 200)
  })

  it('makes a signed outcome that is longer than foreseen a failure that says so', async () => {
    site = await buildAsyncSite({ asynchronous: { userBytes: SMALLEST } })
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (release = resolve))
    site.sam.handlers = {
      sign: async () => {
        await gate
        return { signatures: [SIGNATURE] }
      },
    }
    const id = await site.begun()
    // As if less had been foreseen, and the rest were taken by now.
    await run(site, `update async_requests set bytes = 10 where response_id = '${id}'`)
    await run(
      site,
      `insert into async_requests select 'other', node, request_id, user_id, client_id, validity, state, outcome, accepted_at,
         expires_at, callback_uri, callback_attempts, callback_due, 65500 from async_requests`,
    )
    release()
    assertFull(await site.outcome(id))
  })
})

describe('a journal that does not take what became of a request in mode A', () => {
  it('does not hold back the outcome', async () => {
    const site = await buildAsyncSite()
    await run(
      site,
      `create trigger broken before insert on journal when new.event like '%async-failed%'
       begin select raise(abort, 'disk full'); end`,
    )
    site.sam.handlers = { sign: () => Promise.reject(new Error('refused')) }
    const answer = await site.outcome(await site.begun())
    assert.equal(answer.status, 500)
    assert.ok(site.ssa.log.some((line) => line.includes('"event":"journal-failed"')))
    await site.dispose()
  })
})
