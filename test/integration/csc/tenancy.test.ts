import assert from 'node:assert/strict'
import { memberOf } from '../../support/bodyOf.ts'
import { newHashes } from '../../support/samActs.ts'
import {
  assertRefused,
  base64,
  buildService,
  call,
  ECDSA_SHA256,
  makeAccount,
  type Account,
  type Service,
} from '../../support/service.ts'

type Method = Parameters<typeof call>[2]

describe("another user's credential is as one that does not exist (I01, I02)", function () {
  this.timeout(60_000)
  let service: Service
  let ada: Account
  let bob: Account

  before(async () => {
    service = await buildService()
    ada = await makeAccount(service)
    bob = await makeAccount(service)
  })
  after(() => service.dispose())

  const list = base64(newHashes(1))
  const methods: readonly [Method, object][] = [
    ['v1 credentials/info', { authInfo: true, certInfo: true }],
    ['v2 credentials/info', { authInfo: true }],
    ['v1 credentials/authorize', { numSignatures: 1, hash: list, OTP: '123456' }],
    ['v1 credentials/authorize', { numSignatures: 0, hash: list, PIN: 'x' }],
    ['v2 credentials/authorize', { numSignatures: 1, hashes: list, authData: [{ id: 'OTP', value: '1' }] }],
    ['v1 credentials/sendOTP', {}],
    ['v2 credentials/getChallenge', { authObjectID: 'OTP' }],
    ['v2 credentials/getChallenge', { authObjectID: 'TOTP' }],
  ]
  for (const [method, body] of methods)
    it(`${method} ${JSON.stringify(body).slice(0, 40)} answers alike, and sends nothing`, async () => {
      const messages = (await service.sam.outbox()).length
      for (const credentialID of [ada.credentialID, 'cred-aaaaaaaaaaaaaaaaaaaaaaaaaa'])
        await assertRefused(service, () => call(service, bob, method, { ...body, credentialID }), {
          description: 'Invalid parameter credentialID',
        })
      assert.equal((await service.sam.outbox()).length, messages)
    })

  for (const method of ['v1 signatures/signHash', 'v1 credentials/extendTransaction'] as const)
    it(`${method} answers alike`, async () => {
      for (const credentialID of [ada.credentialID, 'cred-aaaaaaaaaaaaaaaaaaaaaaaaaa']) {
        const body = { credentialID, SAD: 'x', hash: list, signAlgo: ECDSA_SHA256 }
        await assertRefused(service, () => call(service, bob, method, body), {
          description: 'Invalid parameter SAD',
        })
      }
    })

  it('takes about as long for a foreign credential as for none (I01)', async () => {
    const fastest: Record<string, number> = {}
    for (let n = 0; n < 15; n++)
      for (const credentialID of [ada.credentialID, 'cred-aaaaaaaaaaaaaaaaaaaaaaaaaa']) {
        const started = performance.now()
        await call(service, bob, 'v1 credentials/authorize', {
          credentialID,
          numSignatures: 1,
          hash: list,
          PIN: 'k7-Pq2x9',
        })
        fastest[credentialID] = Math.min(fastest[credentialID] ?? Infinity, performance.now() - started)
      }
    const [foreign = 0, unknown = 0] = Object.values(fastest)
    // A factor that was verified, by argon2id, would show as some 20 ms.
    assert.ok(Math.abs(foreign - unknown) < 10, JSON.stringify(fastest))
  })

  it('lists no other user (I02), and the own credentials only', async () => {
    for (const version of ['v1', 'v2'] as const) {
      const foreign = { userID: ada.username }
      await assertRefused(service, () => call(service, bob, `${version} credentials/list`, foreign), {
        description: 'userID parameter MUST be null',
      })
      const own = await call(service, bob, `${version} credentials/list`, { userID: null })
      assert.deepEqual(memberOf(own.body, 'credentialIDs'), [bob.credentialID])
    }
  })
})
