import assert from 'node:assert/strict'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { TokenUnfit, WrongPin } from '../../../hsm/errors.ts'
import { HsmUnavailable } from '../../../hsm/hsm.ts'
import { initToken, openToken, type TokenConfig } from '../../../hsm/token.ts'
import { makeFaultModule, type FaultModule } from '../../support/faultModule.ts'
import { makeSoftHsm, makeToken, type SoftHsm } from '../../support/softhsm.ts'

const CKR_PIN_INCORRECT = 160
const CKR_DEVICE_ERROR = 48
const CKF_USER_PIN_FINAL_TRY = 0x20000
const CKF_USER_PIN_LOCKED = 0x40000

describe('hsm: login — PKCS#11 v2.40 §5.6', () => {
  let softHsm: SoftHsm
  let fault: FaultModule
  let config: TokenConfig
  let serial = 0

  before(async () => {
    softHsm = await makeSoftHsm()
    fault = await makeFaultModule(softHsm)
  })

  beforeEach(async () => {
    const plain = await makeToken(softHsm, `login-${String(++serial)}`)
    config = { ...plain, module: fault.module, environment: fault.environment }
  })

  afterEach(() => {
    fault.clear()
  })

  after(async () => {
    await softHsm.dispose()
  })

  async function openAndClose(changed: Partial<TokenConfig> = {}): Promise<void> {
    const token = await openToken({ ...config, ...changed })
    await token.close()
  }

  /** How often C_Login was called by `work`. */
  async function logins(work: () => Promise<unknown>): Promise<number> {
    const before = fault.count('C_Login')
    await work()
    return fault.count('C_Login') - before
  }

  it('logs in once, for all sessions', async () => {
    const count = await logins(async () => {
      const token = await openToken(config)
      const key = await token.createInfrastructureKey('mac', 'mac')
      await Promise.all(Array.from({ length: 20 }, () => token.hmac(key, Buffer.from('x'))))
      await token.close()
    })
    assert.equal(count, 1)
  })

  it('stops at a wrong PIN, and tries no login again while the PIN file is unchanged', async () => {
    const good = await readFile(config.pinFile)
    await writeFile(config.pinFile, 'wrong-pin-4711\n')
    const first = await logins(() =>
      assert.rejects(openAndClose(), (error) => error instanceof WrongPin && !/4711/.test(error.message)),
    )
    const later = await logins(async () => {
      for (let i = 0; i < 3; i++) await assert.rejects(openAndClose(), WrongPin)
    })
    await writeFile(config.pinFile, good)
    const corrected = await logins(openAndClose)
    assert.deepEqual([first, later, corrected], [1, 0, 1])
  })

  it('tries again when the file changes though the PIN in it is the same, and remembers that refusal too', async () => {
    await writeFile(config.pinFile, 'wrong-pin\n')
    await assert.rejects(openAndClose(), WrongPin)
    await writeFile(config.pinFile, 'wrong-pin\n')
    const again = await logins(() => assert.rejects(openAndClose(), WrongPin))
    const later = await logins(() => assert.rejects(openAndClose(), WrongPin))
    assert.deepEqual([again, later], [1, 0])
  })

  it('remembers a refusal that only the device knows the reason for', async () => {
    fault.set({ call: 'C_Login', fault: `error=${CKR_PIN_INCORRECT}` })
    await assert.rejects(openAndClose(), WrongPin)
    fault.clear()
    assert.equal(await logins(() => assert.rejects(openAndClose(), WrongPin)), 0)
  })

  it('does not take a device error for a wrong PIN', async () => {
    fault.set({ call: 'C_Login', fault: `error=${CKR_DEVICE_ERROR}` })
    await assert.rejects(openAndClose(), HsmUnavailable)
    fault.clear()
    await openAndClose()
  })

  for (const [what, flag] of [
    ['one try left', CKF_USER_PIN_FINAL_TRY],
    ['locked', CKF_USER_PIN_LOCKED],
  ] as const)
    it(`tries no login when the token says that its PIN is near its end: ${what}`, async () => {
      fault.set({ call: 'C_GetTokenInfo', fault: `set-flag=${flag}` })
      const count = await logins(() =>
        assert.rejects(
          openAndClose(),
          (error) => error instanceof TokenUnfit && error.message.includes(what),
        ),
      )
      fault.clear()
      await openAndClose()
      assert.equal(count, 0)
    })

  it('refuses a PIN file that others may read, before any login', async () => {
    await chmod(config.pinFile, 0o644)
    const count = await logins(() => assert.rejects(openAndClose(), /chmod 600/))
    assert.equal(count, 0)
  })

  it('refuses a label that no token has', async () => {
    await assert.rejects(openAndClose({ tokenLabel: 'absent' }), /no token is labelled "absent"/)
  })

  it('says so when the module is missing, or is none', async () => {
    await assert.rejects(openAndClose({ module: '/nonexistent/module.so' }), TokenUnfit)
    await assert.rejects(openAndClose({ module: config.pinFile }), TokenUnfit)
  })

  it('opens two tokens of one module in one process, and finalizes with the last', async () => {
    const plain = await makeToken(softHsm, 'second')
    const one = await openToken(config)
    const two = await openToken({ ...plain, module: fault.module, environment: fault.environment })
    const keys = [
      await one.createInfrastructureKey('mac', 'mac'),
      await two.createInfrastructureKey('mac', 'mac'),
    ]
    await one.close()
    assert.equal((await two.hmac(keys[1] ?? assert.fail(), Buffer.from('x'))).length, 32)
    await two.close()
    await openAndClose()
  })

  it('refuses a second token folder while the module reads the first', async () => {
    const token = await openToken(config)
    const other = { ...config.environment, SOFTHSM2_CONF: '/elsewhere' }
    await assert.rejects(openAndClose({ environment: other }), /another SOFTHSM2_CONF/)
    await token.check()
    await token.close()
  })

  describe('initToken', () => {
    it('makes a token that opens with the PIN of the file', openAndClose)

    it('refuses a label that a token has already, and leaves that token as it is', async () => {
      await assert.rejects(initToken({ ...config, soPin: Buffer.from('so-pin-so-pin') }), /exists already/)
      await openAndClose()
    })

    it('refuses a label that is too long or empty', async () => {
      for (const tokenLabel of ['', 'x'.repeat(33)])
        await assert.rejects(
          initToken({ ...config, tokenLabel, soPin: Buffer.from('so-pin-so-pin') }),
          TokenUnfit,
        )
    })

    it('takes a label of 32 bytes', async () => {
      const tokenLabel = 'label-of-exactly-thirty-two-byte'
      await initToken({ ...config, tokenLabel, soPin: Buffer.from('so-pin-so-pin') })
      await openAndClose({ tokenLabel })
    })
  })
})
