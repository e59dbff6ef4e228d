import assert from 'node:assert/strict'
import { memberOf } from '../../support/bodyOf.ts'
import type { Answer } from '../../support/buildSsa.ts'
import { newHashes, totpOf } from '../../support/samActs.ts'
import type { POLICIES } from '../../support/samFolder.ts'
import {
  anotherCredential,
  assertRefused,
  base64,
  buildService,
  call,
  makeAccount,
  otpFor,
  sign,
  signaturesIn,
  type Account,
  type Service,
} from '../../support/service.ts'

const WRONG = { error: 'invalid_authentication_data', description: 'The authentication data is invalid' }
const MALFORMED =
  'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.'

describe('expressions over authentication objects — CSC API v2.0.0.2 §8.2, §11.5, §11.6', function () {
  this.timeout(60_000)
  let service: Service
  let account: Account
  before(async () => {
    service = await buildService()
    account = await makeAccount(service, { policy: 'otp-pin' })
  })
  after(() => service.dispose())

  const under = (policy: keyof typeof POLICIES): Promise<Account> =>
    anotherCredential(service, account, { policy })
  const authorize = (
    of: Account,
    hashes: readonly Buffer[],
    given: Readonly<Record<string, string>>,
  ): Promise<Answer> =>
    call(service, of, 'v2 credentials/authorize', {
      credentialID: of.credentialID,
      numSignatures: hashes.length,
      hashes: base64(hashes),
      authData: Object.entries(given).map(([id, value]) => ({ id, value })),
    })
  const authorizeV1 = (of: Account, hashes: readonly Buffer[], given: object): Promise<Answer> =>
    call(service, of, 'v1 credentials/authorize', {
      credentialID: of.credentialID,
      numSignatures: hashes.length,
      hash: base64(hashes),
      ...given,
    })
  const signs = async (of: Account, hashes: readonly Buffer[], answer: Answer): Promise<void> => {
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    signaturesIn(await sign(service, of, String(memberOf(answer.body, 'SAD')), hashes))
  }
  const PIN = (): string => account.signer.pin

  for (const [policy, expression, ids] of [
    ['otp-pin', 'OTP AND PIN', ['OTP', 'PIN']],
    ['pin-or-otp', 'PIN OR OTP', ['PIN', 'OTP']],
    ['pin-xor-otp', 'PIN XOR OTP', ['PIN', 'OTP']],
    ['any-code-pin', 'PIN AND (OTP OR TOTP)', ['PIN', 'OTP', 'TOTP']],
    // What the grade forbids is not offered.
    ['code-of-pin-or-otp', '(PIN OR OTP) AND OTP', ['PIN', 'OTP']],
  ] as const)
    it(`v2 tells ${expression} in info and list`, async () => {
      const { credentialID, ...of } = await under(policy)
      const asked = { certificates: 'none', authInfo: true }
      const info = await call(service, { credentialID, ...of }, 'v2 credentials/info', {
        credentialID,
        ...asked,
      })
      const list = await call(service, account, 'v2 credentials/list', { credentialInfo: true, ...asked })
      const infos = memberOf(list.body, 'credentialInfos')
      assert.ok(Array.isArray(infos))
      const listed: unknown = infos.find((one: unknown) => memberOf(one, 'credentialID') === credentialID)
      for (const body of [info.body, listed]) {
        const auth = memberOf(body, 'auth')
        assert.equal(memberOf(auth, 'expression'), expression)
        const objects = memberOf(auth, 'objects')
        assert.ok(Array.isArray(objects))
        assert.deepEqual(
          objects.map((object: unknown) => memberOf(object, 'id')),
          ids,
        )
      }
    })

  it('v2 signs with any objects that satisfy an OR', async () => {
    const of = await under('pin-or-otp')
    const hashes = newHashes(1)
    await signs(of, hashes, await authorize(of, hashes, { PIN: PIN() }))
    await signs(of, hashes, await authorize(of, hashes, { OTP: await otpFor(service, of, hashes) }))
    const both = { OTP: await otpFor(service, of, hashes), PIN: PIN() }
    await signs(of, hashes, await authorize(of, hashes, both))
    const either = await under('any-code-pin')
    const given = { TOTP: totpOf(either.signer), PIN: PIN() }
    await signs(either, hashes, await authorize(either, hashes, given))
  })

  it('v2 refuses an OR with a wrong object beside a right one, with none, and with one that it does not take', async () => {
    const of = await under('pin-or-otp')
    const hashes = newHashes(1)
    const OTP = await otpFor(service, of, hashes)
    const refuses = (given: Readonly<Record<string, string>>, sam: string): Promise<void> =>
      assertRefused(service, () => authorize(of, hashes, given), { ...WRONG, sam })
    await refuses({ OTP, PIN: 'wr0ng-PIN' }, 'pin_invalid')
    await refuses({ OTP: '00000000', PIN: PIN() }, 'otp_invalid')
    await refuses({}, 'pin_missing')
    await refuses({ TOTP: totpOf(of.signer) }, 'pin_missing')
    await refuses({ PIN: PIN(), TOTP: totpOf(of.signer) }, 'factor_unexpected')
  })

  it('v2 signs with one object of an XOR and refuses both', async () => {
    const of = await under('pin-xor-otp')
    const hashes = newHashes(1)
    const OTP = await otpFor(service, of, hashes)
    await assertRefused(service, () => authorize(of, hashes, { OTP, PIN: PIN() }), {
      ...WRONG,
      sam: 'factor_unexpected',
    })
    await signs(of, hashes, await authorize(of, hashes, { OTP }))
    await signs(of, hashes, await authorize(of, hashes, { PIN: PIN() }))
  })

  it('v2 refuses a part of an AND, and what the grade forbids', async () => {
    const either = await under('any-code-pin')
    const hashes = newHashes(1)
    const part = { TOTP: totpOf(either.signer) }
    await assertRefused(service, () => authorize(either, hashes, part), { ...WRONG, sam: 'pin_missing' })
    const graded = await under('code-of-pin-or-otp')
    await assertRefused(service, () => authorize(graded, hashes, { PIN: PIN() }), {
      ...WRONG,
      sam: 'otp_missing',
    })
    const given = { OTP: await otpFor(service, graded, hashes) }
    await signs(graded, hashes, await authorize(graded, hashes, given))
  })

  for (const [policy, pin, otp] of [
    ['otp-pin', 'true', 'true'],
    ['pin-or-otp', 'optional', 'optional'],
    ['code-of-pin-or-otp', 'optional', 'true'],
  ] as const)
    it(`v1 tells ${policy} as PIN ${pin}, OTP ${otp}`, async () => {
      const of = await under(policy)
      const { credentialID } = of
      const { body } = await call(service, of, 'v1 credentials/info', { credentialID, authInfo: true })
      assert.deepEqual(memberOf(body, 'PIN'), { presence: pin, format: 'A', label: 'PIN' })
      assert.equal(memberOf(memberOf(body, 'OTP'), 'presence'), otp)
      assert.equal(memberOf(memberOf(body, 'OTP'), 'type'), 'online')
    })

  it('v1 signs with any factors that satisfy an OR, and refuses a wrong one beside a right one', async () => {
    const of = await under('pin-or-otp')
    const hashes = newHashes(1)
    const OTP = await otpFor(service, of, hashes)
    await assertRefused(service, () => authorizeV1(of, hashes, { OTP, PIN: 'wr0ng-PIN' }), {
      error: 'invalid_pin',
      description: 'The PIN is invalid',
      sam: 'pin_invalid',
    })
    await assertRefused(service, () => authorizeV1(of, hashes, {}), {
      description: 'Missing (or invalid type) string parameter PIN',
      sam: 'pin_missing',
    })
    await signs(of, hashes, await authorizeV1(of, hashes, { PIN: PIN() }))
    await signs(of, hashes, await authorizeV1(of, hashes, { OTP }))
  })

  for (const policy of ['pin-xor-otp', 'any-code-pin'] as const)
    it(`v1 has no words for ${policy}: neither listed nor described`, async () => {
      const of = await under(policy)
      const { credentialID } = of
      for (const authInfo of [true, false])
        await assertRefused(
          service,
          () => call(service, of, 'v1 credentials/info', { credentialID, authInfo }),
          { description: 'Invalid parameter credentialID' },
        )
      const v1 = memberOf((await call(service, of, 'v1 credentials/list', {})).body, 'credentialIDs')
      const v2 = memberOf((await call(service, of, 'v2 credentials/list', {})).body, 'credentialIDs')
      assert.ok(Array.isArray(v1) && v1.includes(account.credentialID) && !v1.includes(credentialID))
      assert.ok(Array.isArray(v2) && v2.includes(credentialID))
    })

  it('v1 refuses both factors of an XOR, and a code that could be of either kind', async () => {
    const xor = await under('pin-xor-otp')
    const hashes = newHashes(1)
    const OTP = await otpFor(service, xor, hashes)
    await assertRefused(service, () => authorizeV1(xor, hashes, { OTP, PIN: PIN() }), {
      description: MALFORMED,
      sam: 'factor_unexpected',
    })
    const either = await under('any-code-pin')
    const code = await otpFor(service, either, hashes)
    await assertRefused(service, () => authorizeV1(either, hashes, { OTP: code, PIN: PIN() }), {
      description: MALFORMED,
      sam: 'factor_unexpected',
    })
  })
})
