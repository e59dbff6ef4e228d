import assert from 'node:assert/strict'
import { memberOf } from '../../support/bodyOf.ts'
import { databaseText, type Answer } from '../../support/buildSsa.ts'
import { journalOf, newHashes } from '../../support/samActs.ts'
import {
  anotherCredential,
  assertRefused,
  base64,
  buildService,
  call,
  makeAccount,
  otpFor,
  PASSWORD,
  sadFor,
  sign,
  signaturesIn,
  type Account,
  type Service,
} from '../../support/service.ts'

const OTP_INVALID = { error: 'invalid_otp', description: 'The OTP is invalid', sam: 'otp_invalid' }
const OTP_LOCKED = { description: 'OTP locked', sam: 'otp_locked' }

describe('guessing and misusing factors — CSC API v1.0.4.0 §11.6, v2.0.0.2 §11.6', function () {
  this.timeout(60_000)
  let service: Service
  let account: Account

  before(async () => {
    service = await buildService()
  })
  beforeEach(async () => {
    account = await makeAccount(service, { policy: 'otp-pin' })
  })
  after(() => service.dispose())

  const authorize = (factors: object, hashes = newHashes(1), of = account): Promise<Answer> =>
    call(service, of, 'v1 credentials/authorize', {
      credentialID: of.credentialID,
      numSignatures: hashes.length,
      hash: base64(hashes),
      ...factors,
    })
  const authorizeV2 = (authData: readonly object[], hashes = newHashes(1)): Promise<Answer> =>
    call(service, account, 'v2 credentials/authorize', {
      credentialID: account.credentialID,
      numSignatures: hashes.length,
      hashes: base64(hashes),
      authData,
    })
  const pin = (): string => account.signer.pin

  it('locks the OTP after five wrong ones, also for the right one, and over a restart (O01)', async () => {
    const hashes = newHashes(1)
    const OTP = await otpFor(service, account, hashes)
    for (let n = 0; n < 5; n++)
      await assertRefused(service, () => authorize({ OTP: `00000${n}`, PIN: pin() }, hashes), OTP_INVALID)
    await assertRefused(service, () => authorize({ OTP, PIN: pin() }, hashes), OTP_LOCKED)
    const { credentialID } = account
    const sendAgain = (): Promise<Answer> =>
      call(service, account, 'v1 credentials/sendOTP', { credentialID })
    await assertRefused(service, sendAgain, OTP_LOCKED)
    await service.sam.stop()
    await service.sam.start()
    await assertRefused(service, () => authorize({ OTP, PIN: pin() }, hashes), OTP_LOCKED)
    const authData = [
      { id: 'OTP', value: OTP },
      { id: 'PIN', value: pin() },
    ]
    await assertRefused(service, () => authorizeV2(authData, hashes), {
      description: 'Credential locked',
      sam: 'otp_locked',
    })
  })

  it('evaluates no more than five of many guesses at once (O02)', async () => {
    await otpFor(service, account)
    const guesses = Array.from({ length: 30 }, (_, n) => authorize({ OTP: String(100_000 + n), PIN: pin() }))
    const answers = await Promise.all(guesses)
    const said = answers.map(({ body }) => memberOf(body, 'error_description'))
    assert.ok(said.every((words) => words === 'The OTP is invalid' || words === 'OTP locked'))
    assert.ok(said.filter((words) => words === 'The OTP is invalid').length <= 5)
    await assertRefused(service, () => authorize({ OTP: '123456', PIN: pin() }), OTP_LOCKED)
  })

  it('locks the PIN after five wrong ones, for every credential of the signer', async () => {
    const sealing = await anotherCredential(service, account, { policy: 'pin' })
    for (let n = 0; n < 5; n++)
      await assertRefused(service, () => authorize({ PIN: `wrong-${n}` }, newHashes(1), sealing), {
        error: 'invalid_pin',
        description: 'The PIN is invalid',
        sam: 'pin_invalid',
      })
    const hashes = newHashes(1)
    const PIN_LOCKED = { description: 'PIN locked', sam: 'pin_locked' }
    await assertRefused(service, () => authorize({ PIN: pin() }, hashes, sealing), PIN_LOCKED)
    const OTP = await otpFor(service, account, hashes)
    await assertRefused(service, () => authorize({ OTP, PIN: pin() }, hashes), PIN_LOCKED)
  })

  it('does not let a wrong OTP count against the PIN', async () => {
    await otpFor(service, account)
    await authorize({ OTP: '000000', PIN: 'wrong' })
    const hashes = newHashes(1)
    assert.equal(
      (await authorize({ OTP: await otpFor(service, account, hashes), PIN: pin() }, hashes)).status,
      200,
    )
  })

  it('refuses the OTP of one list for another, for another credential, and twice (O05)', async () => {
    const other = await anotherCredential(service, account, { policy: 'otp-pin' })
    const hashes = newHashes(1)
    const OTP = await otpFor(service, account, hashes)
    await assertRefused(service, () => authorize({ OTP, PIN: pin() }, newHashes(1)), OTP_INVALID)
    await assertRefused(service, () => authorize({ OTP, PIN: pin() }, hashes, other), OTP_INVALID)
    assert.equal((await authorize({ OTP, PIN: pin() }, hashes)).status, 200)
    await assertRefused(service, () => authorize({ OTP, PIN: pin() }, hashes), OTP_INVALID)
  })

  it('voids an OTP with the next one', async () => {
    const hashes = newHashes(1)
    const first = await otpFor(service, account, hashes)
    const second = await otpFor(service, account, hashes)
    await assertRefused(service, () => authorize({ OTP: first, PIN: pin() }, hashes), OTP_INVALID)
    assert.equal((await authorize({ OTP: second, PIN: pin() }, hashes)).status, 200)
  })

  it('takes no OTP in other digits, as a number, or with more around it (O08)', async () => {
    const hashes = newHashes(1)
    const OTP = await otpFor(service, account, hashes)
    const arabic = OTP.replace(/\d/g, (digit) => String.fromCodePoint(0x0660 + Number(digit)))
    for (const bad of [arabic, `${OTP}0`, `0${OTP}`, '9'.repeat(200_000)]) {
      const answer = await authorize({ OTP: bad, PIN: pin() }, hashes)
      assert.deepEqual(answer.body, { error: 'invalid_otp', error_description: 'The OTP is invalid' })
    }
    const number = await authorize({ OTP: Number(OTP), PIN: pin() }, hashes)
    assert.equal(memberOf(number.body, 'error_description'), 'Missing (or invalid type) string parameter OTP')
    assert.equal((await authorize({ OTP, PIN: pin() }, hashes)).status, 200)
  })

  it('names the factor that is missing in v1, and no factor in v2', async () => {
    const hashes = newHashes(1)
    await assertRefused(service, () => authorize({ PIN: pin() }, hashes), {
      description: 'Missing (or invalid type) string parameter OTP',
      sam: 'otp_missing',
    })
    const OTP = await otpFor(service, account, hashes)
    await assertRefused(service, () => authorize({ OTP }, hashes), {
      description: 'Missing (or invalid type) string parameter PIN',
      sam: 'pin_missing',
    })
    await assertRefused(service, () => authorizeV2([{ id: 'OTP', value: OTP }], hashes), {
      error: 'invalid_authentication_data',
      description: 'The authentication data is invalid',
      sam: 'pin_missing',
    })
  })

  it('refuses a factor that the credential does not take', async () => {
    const plain = await anotherCredential(service, account, { policy: 'otp' })
    const hashes = newHashes(1)
    const OTP = await otpFor(service, plain, hashes)
    const answer = await authorize({ OTP, PIN: pin() }, hashes, plain)
    assert.equal(answer.status, 400)
    assert.equal(memberOf(answer.body, 'error'), 'invalid_request')
  })

  it('takes no plain OTP where the credential demands a bound one', async () => {
    const strict = await anotherCredential(service, account, { policy: 'bound-otp' })
    const hashes = newHashes(1)
    const OTP = await otpFor(service, strict)
    const answer = await authorize({ OTP }, hashes, strict)
    assert.deepEqual(answer.body, { error: 'invalid_otp', error_description: 'The OTP is invalid' })
    signaturesIn(await sign(service, strict, await sadFor(service, strict, hashes), hashes))
  })

  it('sends no OTP for a credential or an object that takes none', async () => {
    const offline = await anotherCredential(service, account, { policy: 'totp' })
    const { credentialID } = offline
    await assertRefused(service, () => call(service, offline, 'v1 credentials/sendOTP', { credentialID }), {
      description: 'Invalid parameter credentialID',
      sam: 'otp_not_sendable',
    })
    for (const authObjectID of ['TOTP', 'PIN', 'SMS', 'OTP']) {
      const body = { credentialID, authObjectID }
      await assertRefused(service, () => call(service, offline, 'v2 credentials/getChallenge', body), {
        description: 'Invalid parameter authObjectID',
      })
    }
  })

  it('writes no OTP, PIN, SAD, token or password anywhere (O09)', async () => {
    const hashes = newHashes(1)
    const OTP = await otpFor(service, account, hashes)
    const sad = await sadFor(service, account, hashes, { PIN: pin() })
    await authorize({ OTP: `${OTP}7`, PIN: 'Wr0ng-PIN-4711' })
    await sign(service, account, sad, newHashes(1))
    signaturesIn(await sign(service, account, sad, hashes))
    const events = JSON.stringify(await journalOf(service.sam, 'AUTHORIZED', 'REFUSED', 'SIGNED', 'OTP_MADE'))
    const written = (await databaseText(service.ssa)) + service.ssa.log.join('') + events
    assert.ok(written.includes(account.credentialID))
    for (const secret of [`"${OTP}"`, `${OTP}7`, pin(), 'Wr0ng-PIN-4711', sad, account.token, PASSWORD])
      assert.ok(!written.includes(secret))
  })
})
