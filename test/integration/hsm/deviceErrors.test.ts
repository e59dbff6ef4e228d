import assert from 'node:assert/strict'
import { createHash, verify } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pkcs11 from 'pkcs11js'
import { NotOurs, SessionsNotGivenBack } from '../../../hsm/errors.ts'
import { HsmUnavailable, type InfrastructureKey, type WrappedKey } from '../../../hsm/hsm.ts'
import { findObjects } from '../../../hsm/objects.ts'
import { openToken, type Token, type TokenConfig } from '../../../hsm/token.ts'
import { KEY_TYPES, type SignatureScheme } from '../../../sap/algorithms.ts'
import { makeFaultModule, type FaultModule } from '../../support/faultModule.ts'
import { withRawToken } from '../../support/rawToken.ts'
import { makeSoftHsm, makeToken, type SoftHsm } from '../../support/softhsm.ts'

const CKR_DEVICE_ERROR = 48
const P256 = KEY_TYPES['p-256']
const SCHEME: SignatureScheme = { name: 'ecdsa', digest: 'sha256' }
const MESSAGE = Buffer.from('message')
const DIGEST = createHash('sha256').update(MESSAGE).digest()

describe('hsm: sessions, and devices that fail', () => {
  let softHsm: SoftHsm
  let fault: FaultModule
  let config: TokenConfig
  let token: Token
  let publicKey: Buffer
  let wrapped: WrappedKey
  let mac: InfrastructureKey
  let serial = 0

  before(async () => {
    softHsm = await makeSoftHsm()
    fault = await makeFaultModule(softHsm)
  })

  beforeEach(async () => {
    const plain = await makeToken(softHsm, `device-${String(++serial)}`)
    config = { ...plain, module: fault.module, environment: fault.environment, sessions: 2 }
    token = await openToken(config)
    const wrappingKey = await token.createInfrastructureKey('wrap', 'wrap')
    mac = await token.createInfrastructureKey('mac', 'mac')
    ;({ publicKey, wrapped } = await token.generateWrappedKey(P256, wrappingKey))
  })

  afterEach(async () => {
    fault.clear()
    await token.close()
  })

  after(async () => {
    await softHsm.dispose()
  })

  const sign = (): Promise<Buffer> =>
    token.withUnwrappedKey(P256, wrapped, (key) => token.sign(key, SCHEME, DIGEST))

  function isGood(signature: Buffer): boolean {
    const key = { key: publicKey, format: 'der', type: 'spki', dsaEncoding: 'ieee-p1363' } as const
    return verify('sha256', MESSAGE, key, signature)
  }

  async function withMany(count: number, use: () => Promise<void>): Promise<void> {
    await token.withUnwrappedKey(P256, wrapped, () => (count === 0 ? use() : withMany(count - 1, use)))
  }

  /** Tries until it works: some devices answer again only after a while. */
  async function recovers(): Promise<void> {
    const deadline = Date.now() + 5000
    for (;;) {
      try {
        assert.equal(isGood(await sign()), true)
        return
      } catch (error) {
        if (!(error instanceof HsmUnavailable) || Date.now() > deadline) throw error
        await sleep(20)
      }
    }
  }

  it('makes 20 signatures at once over 2 sessions, each with a key of its own', async () => {
    const signatures = await Promise.all(Array.from({ length: 20 }, sign))
    assert.deepEqual(
      signatures.map(isGood),
      Array.from({ length: 20 }, () => true),
    )
    assert.deepEqual([token.stats().inUse, token.stats().waiting], [0, 0])
  })

  it('makes 20 signatures at once over 2 sessions with one unwrapped key', async () => {
    const before = fault.count('C_UnwrapKey')
    const signatures = await token.withUnwrappedKey(P256, wrapped, (key) =>
      Promise.all(Array.from({ length: 20 }, () => token.sign(key, SCHEME, DIGEST))),
    )
    assert.deepEqual(
      signatures.map(isGood),
      Array.from({ length: 20 }, () => true),
    )
    assert.equal(fault.count('C_UnwrapKey') - before, 1)
  })

  it('does not hold up signing while a key is generated', async () => {
    fault.set({ call: 'C_GenerateKeyPair', fault: 'hang' })
    const wrappingKey = await token.infrastructureKey('wrap', 'wrap')
    const generation = token.generateWrappedKey(P256, wrappingKey)
    const signatures = await Promise.all([sign(), sign(), sign(), sign()])
    assert.equal(signatures.every(isGood), true)
    fault.clear()
    await generation
  })

  it('does not hold up MACs while all signing sessions are busy', async () => {
    fault.set({ call: 'C_UnwrapKey', fault: 'hang' })
    const busy = [sign(), sign()]
    assert.equal((await token.hmac(mac, MESSAGE)).length, 32)
    fault.clear()
    await Promise.all(busy)
  })

  for (const call of ['C_Sign', 'C_UnwrapKey'] as const)
    it(`says HsmUnavailable, with the cause, for a device error of ${call}, and goes on after it`, async () => {
      fault.set({ call, fault: `error=${CKR_DEVICE_ERROR}`, last: 1 })
      const opened = fault.count('C_OpenSession')
      await assert.rejects(
        sign(),
        (error) =>
          error instanceof HsmUnavailable &&
          error.cause instanceof Error &&
          /DEVICE_ERROR/.test(error.cause.message),
      )
      assert.equal(isGood(await sign()), true)
      assert.equal((await token.hmac(mac, MESSAGE)).length, 32)
      assert.ok(fault.count('C_OpenSession') > opened, 'a session that saw a device error was used again')
    })

  it('comes back after the device was gone for many calls', async () => {
    fault.set(
      { call: 'C_Sign', fault: `error=${CKR_DEVICE_ERROR}` },
      { call: 'C_UnwrapKey', fault: `error=${CKR_DEVICE_ERROR}` },
      { call: 'C_GetSessionInfo', fault: `error=${CKR_DEVICE_ERROR}` },
      { call: 'C_OpenSession', fault: `error=${CKR_DEVICE_ERROR}` },
    )
    for (let i = 0; i < 10; i++) await assert.rejects(sign(), HsmUnavailable)
    await assert.rejects(token.check(), HsmUnavailable)
    fault.clear()
    await token.check()
    await recovers()
  })

  for (const call of ['C_Sign', 'C_OpenSession', 'C_GenerateRandom'] as const)
    it(`comes back from a device that answers only after C_Initialize: ${call}`, async () => {
      const stuck = `stuck=${CKR_DEVICE_ERROR}` as const
      fault.set(
        { call, fault: stuck },
        { call: 'C_Sign', fault: stuck },
        { call: 'C_GetSessionInfo', fault: stuck },
      )
      await assert.rejects(sign(), HsmUnavailable)
      await assert.rejects(token.check(), HsmUnavailable)
      await recovers()
      await token.check()
      assert.deepEqual((await token.random(4)).length, 4)
    })

  it('does not sign with a key that was unwrapped before the module was initialized anew', async () => {
    fault.set({ call: 'C_GenerateRandom', fault: `stuck=${CKR_DEVICE_ERROR}` })
    await token.withUnwrappedKey(P256, wrapped, async (key) => {
      const initialized = fault.count('C_Initialize')
      for (let i = 0; i < 10; i++) await token.random(1).catch(() => undefined)
      assert.equal(fault.count('C_Initialize') - initialized, 1)
      // Handles start over: among so many keys, one now has the handle that this one had.
      await withMany(30, () => assert.rejects(token.sign(key, SCHEME, DIGEST), HsmUnavailable))
    })
  })

  it('logs in again, once, when the module was initialized anew', async () => {
    const before = fault.count('C_Login')
    fault.set({ call: 'C_Sign', fault: `stuck=${CKR_DEVICE_ERROR}` })
    await assert.rejects(sign(), HsmUnavailable)
    await recovers()
    assert.equal(fault.count('C_Login') - before, 1)
  })

  it('takes an answer of another length for a failed device', async () => {
    fault.set({ call: 'C_Sign', fault: 'truncate', last: 1 })
    await assert.rejects(sign(), HsmUnavailable)
    assert.equal(isGood(await sign()), true)
  })

  it('refuses a new key whose wrapped form does not sign for its public key', async () => {
    const wrappingKey = await token.infrastructureKey('wrap', 'wrap')
    fault.set({ call: 'C_Sign', fault: 'flip' })
    await assert.rejects(token.generateWrappedKey(P256, wrappingKey), /does not match/)
  })

  it('tells a changed blob from a failed device, and closes no session for it', async () => {
    const opened = fault.count('C_OpenSession')
    const bytes = Buffer.alloc(wrapped.bytes.length, 1)
    for (let i = 0; i < 5; i++)
      await assert.rejects(token.withUnwrappedKey(P256, { ...wrapped, bytes }, sign), NotOurs)
    assert.equal(fault.count('C_OpenSession') - opened, 0)
  })

  it('destroys a key with its session when the device will not destroy it alone', async () => {
    fault.set({ call: 'C_DestroyObject', fault: `error=${CKR_DEVICE_ERROR}` })
    assert.equal(isGood(await sign()), true)
    fault.clear()
    const left = withRawToken(config, (desk) =>
      findObjects(desk, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
        { type: pkcs11.CKA_TOKEN, value: false },
      ]),
    )
    assert.equal(left.length, 0)
    assert.equal(isGood(await sign()), true)
  })

  it('counts what is in use and what waits, and for how long', async () => {
    fault.set({ call: 'C_Sign', fault: 'hang' })
    const signing = [sign(), sign(), sign(), sign()]
    await sleep(100)
    const { inUse, waiting, longestUse } = token.stats()
    assert.deepEqual([inUse, waiting], [2, 2])
    assert.ok(longestUse >= 50 && longestUse < 5000, `longest use ${String(longestUse)} ms`)
    fault.clear()
    await Promise.all(signing)
  })

  it('refuses a signature that does not come in time, goes on with another session, and tells of the call that is lost', async () => {
    await token.close()
    const lost: string[] = []
    token = await openToken({ ...config, callSeconds: 1, onLost: () => lost.push('lost') })
    await token.infrastructureKey('wrap', 'wrap')
    fault.set({ call: 'C_Sign', fault: 'hang', last: 1 })
    await assert.rejects(sign(), { name: 'HsmUnavailable', message: 'the module did not answer in time' })
    assert.equal(isGood(await sign()), true)
    assert.deepEqual(lost, [])
    while (lost.length === 0) await sleep(100)
    const opened = fault.count('C_OpenSession')
    fault.clear()
    while (token.stats().inUse > 0) await sleep(20)
    assert.equal(isGood(await sign()), true)
    assert.ok(fault.count('C_OpenSession') > opened, 'the session that hung was used again')
    assert.deepEqual(lost, ['lost'])
  })

  it('reports sessions that were not given back when it closes', async () => {
    fault.set({ call: 'C_Sign', fault: 'hang' })
    const hanging = sign()
    await sleep(50)
    const closing = assert.rejects(
      token.close(),
      (error) => error instanceof SessionsNotGivenBack && error.count === 1,
    )
    await closing
    fault.clear()
    await hanging.catch(() => undefined)
    await token.close()
  })
})
