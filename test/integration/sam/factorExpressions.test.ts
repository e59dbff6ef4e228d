import assert from 'node:assert/strict'
import type { SapErrorCode } from '../../../sap/errors.ts'
import { parseFactors } from '../../../sap/factorExpression.ts'
import { fieldBytes } from '../../../sam/state/fieldBytes.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import {
  authorization,
  authorized,
  eventsOf,
  journalOf,
  newHashes,
  refused,
  sentCode,
  totpOf,
} from '../../support/samActs.ts'
import type { POLICIES } from '../../support/samFolder.ts'

const WRONG_PIN = 'k7-Pq2x8'
const WRONG_CODE = '00000000'

describe('SAP authorize: a policy that is an expression', () => {
  let sam: TestSam
  before(async () => {
    sam = await buildSam()
  })
  after(() => sam.dispose())

  const made = (policy: keyof typeof POLICIES): Promise<TestSigner> => makeSigner(sam, { policy })
  const attempts = async (signer: TestSigner): Promise<Readonly<Record<string, number>>> => {
    const of = async (kind: string): Promise<number> =>
      (await sam.deps.records.read('factor', `${kind}.${signer.signerId}`))?.value.attempts ?? -1
    return { pin: await of('pin'), otp: await of('otp'), totp: await of('totp') }
  }
  const NONE = { pin: 0, otp: 0, totp: 0 }

  it('takes either factor of an OR, or both, graded by the better one; the ledger names what was given', async () => {
    const signer = await made('pin-or-otp')
    const hashes = newHashes(1)
    const graded = async (given: object, factors: readonly string[]): Promise<string> => {
      const request = authorization(signer, hashes, given)
      const { grade } = await sam.ssa.call('authorize', request)
      const [act] = (await eventsOf(sam, request.requestId)).filter(({ type }) => type === 'AUTHORIZED')
      assert.deepEqual(act?.['factors'], factors)
      return grade
    }
    const { pin } = signer
    assert.equal(await graded({ pin }, ['pin']), 'static')
    assert.equal(await graded({ otp: await sentCode(sam, signer, hashes) }, ['otp']), 'bound-otp')
    assert.equal(await graded({ otp: await sentCode(sam, signer, hashes), pin }, ['otp', 'pin']), 'bound-otp')
  })

  it('looks at a factor that an OR could do without, and refuses if it is wrong', async () => {
    const signer = await made('pin-or-otp')
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const { pin } = signer
    const attempt = (given: object) => () => sam.ssa.call('authorize', authorization(signer, hashes, given))
    await refused(sam, 'otp_invalid', attempt({ otp: WRONG_CODE, pin }))
    assert.deepEqual(await attempts(signer), { ...NONE, otp: 1 })
    await refused(sam, 'pin_invalid', attempt({ otp, pin: WRONG_PIN }))
    assert.deepEqual(await attempts(signer), { ...NONE, otp: 2, pin: 1 })
    // A success sets back the counters of what was right, and no other.
    await sam.ssa.call('authorize', authorization(signer, hashes, { pin }))
    assert.deepEqual(await attempts(signer), { ...NONE, otp: 2 })
  })

  it('locks one factor of an OR by itself: the other still authorizes, both together do not', async () => {
    const signer = await made('pin-or-otp')
    const hashes = newHashes(1)
    for (let n = 0; n < 5; n++)
      await refused(sam, 'pin_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { pin: WRONG_PIN })),
      )
    const { pin } = signer
    await refused(sam, 'pin_locked', () => sam.ssa.call('authorize', authorization(signer, hashes, { pin })))
    const otp = await sentCode(sam, signer, hashes)
    await refused(sam, 'pin_locked', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin })),
    )
    assert.equal((await authorized(sam, signer, hashes)).grade, 'bound-otp')
  })

  it('takes one factor of an XOR, and never both', async () => {
    const signer = await made('pin-xor-otp')
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const { pin } = signer
    await refused(sam, 'factor_unexpected', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin })),
    )
    assert.deepEqual(await attempts(signer), NONE)
    await sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
    await sam.ssa.call('authorize', authorization(signer, hashes, { pin }))
  })

  const incomplete: readonly [keyof typeof POLICIES, readonly ('otp' | 'totp' | 'pin')[], SapErrorCode][] = [
    ['any-code-pin', [], 'otp_missing'],
    ['any-code-pin', ['pin'], 'otp_missing'],
    ['any-code-pin', ['otp'], 'pin_missing'],
    ['any-code-pin', ['totp'], 'pin_missing'],
    ['any-code-pin', ['otp', 'totp'], 'pin_missing'],
    ['pin-or-otp', [], 'pin_missing'],
    ['pin-or-otp', ['totp'], 'pin_missing'],
    ['pin-or-otp', ['pin', 'totp'], 'factor_unexpected'],
    ['pin-xor-otp', [], 'pin_missing'],
    ['code-of-pin-or-otp', ['pin'], 'otp_missing'],
    ['bound-of-any', ['totp'], 'otp_missing'],
  ]
  for (const [policy, kinds, code] of incomplete)
    it(`gives nothing for ${kinds.join(' and ') || 'no factor'} under ${policy}: ${code}`, async () => {
      const signer = await made(policy)
      const hashes = newHashes(1)
      const right = { otp: await sentCode(sam, signer, hashes), totp: totpOf(signer), pin: signer.pin }
      const given = Object.fromEntries(kinds.map((kind) => [kind, right[kind]]))
      await refused(sam, code, () => sam.ssa.call('authorize', authorization(signer, hashes, given)))
      assert.deepEqual(await attempts(signer), NONE)
    })

  it('takes each set that the expression allows', async () => {
    const signer = await made('any-code-pin')
    const { pin } = signer
    const hashes = newHashes(1)
    const otp = (): Promise<string> => sentCode(sam, signer, hashes)
    const act = async (given: object): Promise<string> =>
      (await sam.ssa.call('authorize', authorization(signer, hashes, given))).grade
    assert.equal(await act({ otp: await otp(), pin }), 'bound-otp')
    assert.equal(await act({ totp: totpOf(signer, -1), pin }), 'plain-otp')
    assert.equal(await act({ otp: await otp(), totp: totpOf(signer), pin }), 'bound-otp')
    // The time step was used beside the sent code, too.
    await refused(sam, 'otp_invalid', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { totp: totpOf(signer), pin })),
    )
  })

  it('refuses what is graded too low, although the expression holds', async () => {
    const signer = await made('bound-of-any')
    const hashes = newHashes(1)
    const plain = await sentCode(sam, signer)
    await refused(sam, 'grade_too_low', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp: plain, totp: totpOf(signer) })),
    )
    assert.equal((await authorized(sam, signer, hashes)).grade, 'bound-otp')
  })

  it('takes no one-time password of unsaid kind where there are two kinds', async () => {
    const signer = await made('any-code-pin')
    const hashes = newHashes(1)
    const oneTimePassword = await sentCode(sam, signer, hashes)
    await refused(sam, 'factor_unexpected', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { oneTimePassword, pin: signer.pin })),
    )
  })

  it('sends a code only where the expression names it', async () => {
    await sentCode(sam, await made('any-code-pin'))
    const signer = await made('totp-pin')
    await refused(sam, 'otp_not_sendable', () => sentCode(sam, signer))
  })

  it('reads a record of before there were expressions as a demand for all of its factors', async () => {
    const signer = await made('any-code-pin')
    const id = signer.credentialId
    const row: { body: string; version: number } | undefined = await sam.deps.database
      .read('record')
      .where({ kind: 'key', id })
      .first('body', 'version')
    assert.ok(row)
    const text = '"factors":"pin AND (otp OR totp)"'
    assert.ok(row.body.includes(text), 'the expression is in the record, under its MAC')
    const body = row.body.replace(text, '"factors":["otp","pin"]')
    const mac = await sam.deps.hsm.hmac(
      sam.deps.keys.mac,
      fieldBytes(['chancery-record-1', 'key', id, row.version, body]),
    )
    await sam.deps.database.write('record').where({ kind: 'key', id }).update({ body, mac })
    await sam.stop()
    await sam.start()
    const request = { requestId: newRequestId(), signerId: signer.signerId, credentialId: id }
    const [shown] = (await sam.ssa.call('credentials', request)).credentials
    assert.deepEqual(shown?.policy.factors, parseFactors('otp AND pin'))
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    await refused(sam, 'pin_missing', () => sam.ssa.call('authorize', authorization(signer, hashes, { otp })))
    await sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: signer.pin }))
    // What is written of it from now on is an expression.
    await sam.ssa.call('suspend', { ...request, clientId: signer.clientId, reason: 'test' })
    const next: { body: string } | undefined = await sam.deps.database
      .read('record')
      .where({ kind: 'key', id })
      .first('body')
    assert.match(next?.body ?? '', /"factors":"otp AND pin"/)
  })

  it('locks the SAM where an expression was changed in the database', async () => {
    const signer = await made('otp-pin')
    await sam.deps.database.write.raw(
      `UPDATE record SET body = replace(body, '"otp AND pin"', '"otp OR pin"') WHERE kind = 'key' AND id = ?`,
      [signer.credentialId],
    )
    await sam.stop()
    await sam.start()
    await assert.rejects(
      sam.ssa.call('authorize', authorization(signer, newHashes(1), { pin: signer.pin })),
      { code: 'unavailable' },
    )
    assert.equal((await sam.ssa.call('status', { requestId: newRequestId() })).state, 'LOCKED')
  })
})

describe('SAP generateKey: factors narrower than the policy', () => {
  let sam: TestSam
  let signer: TestSigner
  before(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
  })
  after(() => sam.dispose())

  const generated = (policy: keyof typeof POLICIES, factors: string) => ({
    requestId: newRequestId(),
    signerId: signer.signerId,
    keyType: 'p-256' as const,
    policy,
    factors: parseFactors(factors),
  })

  for (const factors of ['pin AND totp', 'pin AND (otp XOR totp)', 'pin AND otp AND totp'])
    it(`may be ${factors} under pin AND (otp OR totp)`, async () => {
      const request = generated('any-code-pin', factors)
      const { credentialId } = await sam.ra.call('generateKey', request)
      const stored = await sam.deps.records.read('key', credentialId)
      assert.deepEqual(stored?.value.factors, request.factors)
      const [event] = await eventsOf(sam, request.requestId)
      assert.deepEqual([event?.['policy'], event?.['factors']], ['any-code-pin', factors])
    })

  for (const [policy, factors] of [
    ['any-code-pin', 'otp OR totp'],
    ['any-code-pin', 'pin OR otp'],
    ['any-code-pin', 'pin'],
    ['otp', 'otp AND pin'],
    ['otp-pin', 'totp AND pin'],
    ['bound-of-any', 'totp'],
    ['pin-xor-otp', 'pin OR otp'],
  ] as const)
    it(`must not be ${factors} under ${policy}`, async () => {
      const keys = (await journalOf(sam, 'KEY_GENERATED')).length
      await refused(sam, 'policy_exceeded', () => sam.ra.call('generateKey', generated(policy, factors)))
      assert.equal((await journalOf(sam, 'KEY_GENERATED')).length, keys)
    })
})
