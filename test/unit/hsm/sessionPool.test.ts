import assert from 'node:assert/strict'
import { setImmediate as tick } from 'node:timers/promises'
import { HsmUnavailable } from '../../../hsm/hsm.ts'
import { SessionPool, type Session } from '../../../hsm/sessionPool.ts'

interface Probe {
  readonly pool: SessionPool
  readonly opened: Buffer[]
  readonly closed: Buffer[]
  readonly spoilt: () => number
}

function buildPool(size: number): Probe {
  const opened: Buffer[] = []
  const closed: Buffer[] = []
  let spoilt = 0
  const pool = new SessionPool(
    {
      open: () => {
        const handle = Buffer.of(opened.length)
        opened.push(handle)
        return handle
      },
      close: (handle) => closed.push(handle),
      onSpoilt: () => {
        spoilt++
      },
      now: () => 0,
      limitInSeconds: 2,
    },
    size,
  )
  return { pool, opened, closed, spoilt: () => spoilt }
}

function gate(): { readonly opens: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined
  const opens = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opens, open }
}

function deviceError(): Error {
  return new Error('CKR_DEVICE_ERROR:48')
}

describe('hsm/sessionPool', () => {
  it('runs one use per session at a time, and serves who waits in order', async () => {
    const { pool, opened } = buildPool(2)
    const running = new Set<Session['handle']>()
    const order: number[] = []
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        pool.run(async ({ handle }) => {
          assert.equal(running.has(handle), false)
          running.add(handle)
          order.push(index)
          await tick()
          running.delete(handle)
        }),
      ),
    )
    assert.deepEqual(
      order,
      Array.from({ length: 20 }, (_, index) => index),
    )
    assert.equal(opened.length, 2)
  })

  it('counts sessions in use and calls that wait', async () => {
    const { pool } = buildPool(1)
    const { opens, open } = gate()
    const uses = [pool.run(() => opens), pool.run(() => opens), pool.run(() => opens)]
    await tick()
    assert.deepEqual(pool.stats(), { sessions: 1, inUse: 1, waiting: 2, longestUse: 0 })
    open()
    await Promise.all(uses)
    assert.deepEqual(pool.stats(), { sessions: 1, inUse: 0, waiting: 0, longestUse: 0 })
  })

  it('never uses a session again that saw a device error, and opens another', async () => {
    const { pool, opened, closed, spoilt } = buildPool(1)
    const failing = pool.run(() => Promise.reject(deviceError()))
    await assert.rejects(failing, (error) => error instanceof HsmUnavailable && error.cause instanceof Error)
    const handle = await pool.run((session) => Promise.resolve(session.handle))
    assert.deepEqual([closed, handle], [[opened[0]], opened[1]])
    assert.equal(spoilt(), 1)
  })

  it('keeps a session after an error that leaves it sound', async () => {
    const { pool, opened, closed } = buildPool(1)
    await assert.rejects(
      pool.run(() => Promise.reject(new RangeError('no'))),
      RangeError,
    )
    await assert.rejects(
      pool.run(() => Promise.reject(new Error('CKR_KEY_HANDLE_INVALID:96'))),
      HsmUnavailable,
    )
    await pool.run(() => Promise.resolve())
    assert.deepEqual([opened.length, closed.length], [1, 0])
  })

  it('closes a session after an unknown error: an operation may be active on it', async () => {
    const { pool, closed } = buildPool(1)
    await assert.rejects(
      pool.run(() => Promise.reject(new Error('unknown'))),
      /unknown/,
    )
    assert.equal(closed.length, 1)
  })

  it('closes a session that is given up only when nothing runs on it any more', async () => {
    const { pool, closed } = buildPool(1)
    await pool.run(async (session) => {
      session.giveUp()
      await tick()
      assert.deepEqual([session.isAlive(), closed.length], [false, 0])
    })
    assert.equal(closed.length, 1)
  })

  it('refuses who waits when it closes, and reports sessions that were not given back', async () => {
    const { pool, closed } = buildPool(2)
    const { opens, open } = gate()
    const uses = [pool.run(() => opens), pool.run(() => opens)]
    const late = assert.rejects(
      pool.run(() => Promise.resolve()),
      HsmUnavailable,
    )
    assert.equal(await pool.close(10), 2)
    await late
    assert.equal(closed.length, 0)
    open()
    await Promise.all(uses)
    await assert.rejects(
      pool.run(() => Promise.resolve()),
      HsmUnavailable,
    )
  })

  it('waits for what runs when it closes', async () => {
    const { pool, closed } = buildPool(2)
    const use = pool.run(() => tick())
    assert.equal(await pool.close(5000), 0)
    await use
    assert.equal(closed.length, 1)
  })

  describe('uses that do not come back', () => {
    const late = { name: 'HsmUnavailable', message: 'the module did not answer in time' }
    const hangs = { name: 'HsmUnavailable', message: 'the module hangs' }

    it('are refused at their limit, and their sessions closed when they come back after all', async () => {
      const { pool, opened, closed, spoilt } = buildPool(2)
      const { opens, open } = gate()
      const hanging = pool.run(() => opens)
      await tick()
      pool.second()
      pool.second()
      await pool.run(() => Promise.resolve())
      pool.second()
      await assert.rejects(hanging, late)
      await pool.run(({ handle }) => {
        assert.notEqual(handle, opened[0])
        return Promise.resolve()
      })
      assert.deepEqual([pool.stats().inUse, closed.length, spoilt()], [1, 0, 0])
      open()
      await tick()
      assert.deepEqual([pool.stats().inUse, closed, spoilt()], [0, [opened[0]], 1])
    })

    it('let nobody wait behind them when there is no other session', async () => {
      const { pool } = buildPool(1)
      const { opens, open } = gate()
      const hanging = pool.run(() => opens)
      const waiting = pool.run(() => Promise.resolve())
      await tick()
      for (let second = 1; second <= 3; second++) pool.second()
      await assert.rejects(hanging, late)
      await assert.rejects(waiting, hangs)
      await assert.rejects(
        pool.run(() => Promise.resolve()),
        hangs,
      )
      open()
      await tick()
      assert.equal(await pool.run(() => Promise.resolve('again')), 'again')
    })

    it('are lost at three times their limit, and not before', () => {
      const { pool } = buildPool(1)
      pool.run(() => gate().opens).catch(() => undefined)
      for (let second = 1; second <= 7; second++) {
        pool.second()
        assert.equal(pool.isLost(), second >= 7)
      }
    })

    it('are told from those that followed each other', async () => {
      const { pool } = buildPool(1)
      for (let use = 0; use < 5; use++) {
        const { opens, open } = gate()
        const running = pool.run(() => opens)
        pool.second()
        open()
        await running
      }
      assert.equal(pool.isLost(), false)
    })
  })
})
