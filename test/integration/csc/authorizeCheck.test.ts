import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { SapFailure } from '../../../sap/errors.ts'
import { memberOf, textIn } from '../../support/bodyOf.ts'
import { buildSsa, databaseText, type Answer, type TestSsa } from '../../support/buildSsa.ts'
import { handClock } from '../../support/handClock.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

const SAD = 's'.repeat(43)
const BODY = {
  credentialID: 'cred-1',
  numSignatures: 1,
  hashes: [Buffer.alloc(32, 7).toString('base64')],
  hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
  authData: [{ id: 'OTP', value: '123456' }],
}
const UNKNOWN = { error: 'invalid_request', error_description: 'Invalid parameter handle' }

describe('credentials/authorizeCheck — CSC API v2.0.0.2 §8.3.1, §11.6, §11.7', () => {
  let sam: ScriptedSam
  let ssa: TestSsa
  let token: string
  const clock = handClock()

  before(async () => {
    sam = await scriptedSam()
    const config = { authorization: { waitSeconds: 0.1 } }
    ssa = await buildSsa({ sam, config, clock: { now: () => clock.wall() } })
    await ssa.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
    await ssa.addUser({ username: 'bob', password: 'correct horse', signerId: 'signer-2' })
    token = await ssa.login('ada', 'correct horse')
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  const authorize = (): Promise<Answer> => ssa.post('v2', 'credentials/authorize', BODY, { token })
  const check = (handle: unknown, by = token): Promise<Answer> =>
    ssa.post('v2', 'credentials/authorizeCheck', { handle }, { token: by })

  /** A SAM that answers when it is told to, so that the authorization gets a handle. */
  async function begun(
    outcome: () => void = () => undefined,
  ): Promise<{ readonly handle: string; readonly finish: () => Promise<void> }> {
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    sam.handlers = {
      authorize: async () => {
        await gate
        outcome()
        return { sad: SAD, expiresInSeconds: 300, grade: 'plain-otp' }
      },
    }
    const answer = await authorize()
    assert.equal(answer.status, 202)
    assert.deepEqual(Object.keys(answer.body ?? {}), ['handle'])
    return {
      handle: textIn(answer.body, 'handle'),
      async finish() {
        open()
        await sleep(100)
      },
    }
  }

  it('is not needed when the SAM answers in time', async () => {
    sam.handlers = {
      authorize: () => Promise.resolve({ sad: SAD, expiresInSeconds: 300, grade: 'plain-otp' }),
    }
    const answer = await authorize()
    assert.equal(answer.status, 200)
    assert.deepEqual(answer.body, { SAD, expiresIn: 300 })
  })

  it('says 202 with the handle until the SAD is there, and gives it once', async () => {
    const { handle, finish } = await begun()
    const early = await check(handle)
    assert.equal(early.status, 202)
    assert.deepEqual(early.body, { handle })
    await finish()
    clock.pass(10_000)
    const done = await check(handle)
    assert.equal(done.status, 200)
    assert.deepEqual(done.body, { SAD, expiresIn: 290 })
    const again = await check(handle)
    assert.equal(again.status, 400)
    assert.deepEqual(again.body, UNKNOWN)
    assert.ok(!(await databaseText(ssa)).includes(SAD))
    assert.ok(!(await databaseText(ssa)).includes(handle))
  })

  it('gives no SAD whose time is over', async () => {
    for (const [late, status] of [
      [299_000, 200],
      [300_000, 400],
    ] as const) {
      const { handle, finish } = await begun()
      await finish()
      clock.pass(late)
      const answer = await check(handle)
      assert.equal(answer.status, status)
      assert.deepEqual(answer.body, status === 200 ? { SAD, expiresIn: 1 } : UNKNOWN)
    }
  })

  const refusals = [
    ['otp_invalid', 'invalid_authentication_data', 'The authentication data is invalid'],
    ['pin_locked', 'invalid_request', 'Credential locked'],
  ] as const
  for (const [code, error, description] of refusals)
    it(`tells ${code} as ${description}`, async () => {
      const { handle, finish } = await begun(() => {
        throw new SapFailure(code, 'no')
      })
      await finish()
      const answer = await check(handle)
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, { error, error_description: description })
      const event = (await ssa.journal(answer.requestId)).at(-1)
      assert.equal(memberOf(event, 'type'), 'refused')
    })

  it('serves no other login, not of the same user either', async () => {
    const { handle, finish } = await begun()
    await finish()
    for (const name of ['bob', 'ada'])
      assert.deepEqual((await check(handle, await ssa.login(name, 'correct horse'))).body, UNKNOWN)
    assert.equal((await check(handle)).status, 200)
  })

  for (const handle of ['', 'x', 'x'.repeat(43), 'x'.repeat(65), 7, undefined, null])
    it(`refuses ${String(handle).slice(0, 20)} as a handle`, async () => {
      const answer = await check(handle)
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, UNKNOWN)
    })

  it('refuses a header that is no Bearer in the words of v2', async () => {
    const answer = await ssa.post('v2', 'credentials/authorizeCheck', { handle: 'x' }, { authorization: 'x' })
    assert.equal(answer.status, 400)
    assert.equal(memberOf(answer.body, 'error_description'), 'Malformed authorization header.')
  })

  it('knows no handle after a restart', async () => {
    const { handle, finish } = await begun()
    await finish()
    await ssa.restart()
    assert.deepEqual((await check(handle)).body, UNKNOWN)
  })
})
