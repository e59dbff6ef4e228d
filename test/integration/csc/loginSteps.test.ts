import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Knex } from 'knex'
import { openJournal } from '../../../src/adapters/db/journal.ts'
import { provisionDatabase } from '../../../src/adapters/db/open.ts'
import { createSessionStore } from '../../../src/adapters/db/sessionStore.ts'
import { createUserStore, saveUser } from '../../../src/adapters/db/userStore.ts'
import { createPasswords } from '../../../src/adapters/security/passwords.ts'
import { login, type Tokens } from '../../../src/csc/auth/login.ts'
import type { Deps } from '../../../src/csc/deps.ts'
import { Refusal } from '../../../src/domain/errors.ts'
import { systemClock } from '../../../src/domain/time.ts'
import type { LoginAllowance } from '../../../src/ports/loginLimiter.ts'
import type { SessionStore } from '../../../src/ports/sessionStore.ts'
import { basic } from '../../support/buildSsa.ts'
import { ssaDeps } from '../../support/ssaDeps.ts'

const PASSWORD = 'correct horse battery'

describe('the steps of auth/login, one by one — CSC API v1.0.4.0 §11.2', () => {
  let folder: string
  let database: Knex
  let deps: Deps
  let userId: string
  let allowance: LoginAllowance
  /** What was compared with what. */
  let verified: { readonly hash: string | undefined; readonly password: string }[]
  let voided: string[]

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chancery-login-'))
    database = await provisionDatabase(join(folder, 'ssa.db'))
    const passwords = await createPasswords()
    const passwordHash = await passwords.hash(PASSWORD)
    userId = await saveUser(database, { username: 'ada', passwordHash, signerId: 'signer-ada' })
    deps = ssaDeps({
      sessions: createSessionStore(database),
      users: createUserStore(database),
      audit: await openJournal(database, 'ssa-1', systemClock),
      passwords: {
        ...passwords,
        verify(hash, password) {
          verified.push({ hash, password })
          return passwords.verify(hash, password)
        },
      },
      loginLimiter: { attempt: () => Promise.resolve(allowance), succeeded: () => Promise.resolve() },
      voidSad: (familyId) => voided.push(familyId),
    })
  })
  beforeEach(() => {
    allowance = { kind: 'allowed' }
    verified = []
    voided = []
  })
  after(async () => {
    await database.destroy()
    await rm(folder, { recursive: true })
  })

  const byPassword = (username: string, password: string): Promise<Tokens> => {
    const authorization = basic(username, password)
    return login(deps, { ...call(), authorization, refreshToken: undefined })
  }
  const renew = (refreshToken: string | undefined, sessions = deps.sessions): Promise<Tokens> =>
    login({ ...deps, sessions }, { ...call(), authorization: undefined, refreshToken })

  const refusals: readonly [string, string, string, LoginAllowance, boolean][] = [
    ['a wrong password', 'ada', 'wrong', { kind: 'allowed' }, true],
    ['an unknown user', 'nobody', PASSWORD, { kind: 'allowed' }, false],
    ['a limited account', 'ada', PASSWORD, { kind: 'account_limited' }, true],
    ['an unknown limited account', 'nobody', PASSWORD, { kind: 'account_limited' }, false],
  ]
  for (const [name, username, password, allowed, isKnown] of refusals)
    it(`verifies once and writes nothing for ${name}: the work is the same (A17, I01)`, async () => {
      allowance = allowed
      const before: unknown = await database('journal').count({ n: '*' })
      await assert.rejects(byPassword(username, password), (error) => {
        assert.ok(error instanceof Refusal)
        assert.equal(error.reason, 'login_failed')
        assert.equal(error.userId, isKnown ? userId : undefined)
        return true
      })
      assert.deepEqual(
        verified.map(({ hash }) => hash !== undefined),
        [isKnown],
      )
      assert.deepEqual(await database('journal').count({ n: '*' }), before)
    })

  it('takes as long to compare with nothing as with a hash (A17, I01)', async function () {
    this.timeout(60_000)
    const passwords = await createPasswords()
    const hash = await passwords.hash(PASSWORD)
    const times: Record<'hash' | 'none', number[]> = { hash: [], none: [] }
    // By turns, so that a busy machine slows both; the processor's time, not the clock's, is what the work takes.
    for (let n = 0; n < 15; n++)
      for (const which of ['hash', 'none'] as const) {
        const started = process.cpuUsage()
        assert.equal(await passwords.verify(which === 'hash' ? hash : undefined, 'wrong'), false)
        const { user, system } = process.cpuUsage(started)
        times[which].push(user + system)
      }
    const ratio = median(times.none) / median(times.hash)
    assert.ok(ratio > 0.5 && ratio < 2, `an unknown user takes ${ratio} of the time`)
  })

  it('ends the login when two replace one refresh token, and both found it good', async () => {
    const { refreshToken } = await login(deps, {
      ...call(),
      authorization: basic('ada', PASSWORD),
      refreshToken: undefined,
    })
    const together = atOnce(deps.sessions, 2)
    const outcomes = await Promise.allSettled([renew(refreshToken, together), renew(refreshToken, together)])
    const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    assert.ok(won.length <= 1)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        assert.ok(outcome.reason instanceof Refusal && outcome.reason.reason === 'refresh_token_invalid')
    assert.equal(voided.length, 1)
    for (const tokens of won) await assert.rejects(renew(tokens.refreshToken), Refusal)
    const families: unknown = await database('families')
      .where('family_id', voided[0] ?? '')
      .whereNotNull('ended_at')
    assert.ok(Array.isArray(families) && families.length === 1)
  })
})

function call(): {
  readonly requestId: string
  readonly clientId: string
  readonly address: string
  readonly isRemembered: boolean
} {
  return { requestId: randomUUID(), clientId: 'basic', address: '127.0.0.1', isRemembered: true }
}

/** Sessions in which `count` look-ups wait for each other. */
function atOnce(sessions: SessionStore, count: number): SessionStore {
  let arrived = 0
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  return {
    ...sessions,
    async find(hash) {
      const found = await sessions.find(hash)
      arrived += 1
      if (arrived === count) open()
      await gate
      return found
    },
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
