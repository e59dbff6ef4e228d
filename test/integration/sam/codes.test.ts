import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { handClock, type HandClock } from '../../support/handClock.ts'
import {
  SHA256,
  authorization,
  authorized,
  callerOf,
  newHashes,
  refused,
  sentCode,
} from '../../support/samActs.ts'
import type { SamAnswer, SamRequest } from '../../../sap/operations.ts'

const MINUTE = 60_000

describe('SAM: codes that are sent', () => {
  let sam: TestSam
  let clock: HandClock
  let signer: TestSigner
  before(async () => {
    clock = handClock(Math.ceil(Date.now() / MINUTE + 1) * MINUTE)
    sam = await buildSam({ clockSources: clock })
  })
  beforeEach(async () => {
    signer = await makeSigner(sam)
  })
  after(() => sam.dispose())

  const authorize = (
    hashes: readonly Buffer[],
    changes: Partial<SamRequest<'authorize'>>,
    by = signer,
  ): Promise<SamAnswer<'authorize'>> => sam.ssa.call('authorize', authorization(by, hashes, changes))

  describe('a sent code', () => {
    it('that was made for one list serves no other (O05)', async () => {
      const hashes = newHashes(2)
      const [first, second] = hashes
      assert.ok(first && second)
      const otp = await sentCode(sam, signer, hashes)
      for (const other of [newHashes(2), [first], [first, first], [first, second, second]]) {
        const { reason } = await refused(sam, 'otp_invalid', () => authorize(other, { otp }))
        assert.equal(reason, 'the code was made for another list, credential or client')
      }
      assert.equal((await authorize([second, first], { otp })).grade, 'bound-otp')
    })

    for (const isBound of [true, false])
      it(`that was made ${isBound ? 'for a list' : 'without a list'} for one credential and client serves no other (O05)`, async () => {
        const hashes = newHashes(1)
        const other = await makeSigner(sam, { signer, clientId: 'other-app' })
        const otp = await sentCode(sam, signer, isBound ? hashes : undefined)
        await refused(sam, 'otp_invalid', () => authorize(hashes, { otp, credentialId: other.credentialId }))
        await refused(sam, 'otp_invalid', () => authorize(hashes, { otp, clientId: 'other-app' }))
        await refused(sam, 'client_unknown', () => authorize(hashes, { otp, clientId: 'nobody' }))
        await authorize(hashes, { otp })
      })

    it('serves no other signer', async () => {
      const hashes = newHashes(1)
      const other = await makeSigner(sam)
      const otp = await sentCode(sam, signer)
      const { reason } = await refused(sam, 'otp_invalid', () => authorize(hashes, { otp }, other))
      assert.equal(reason, 'no code is open')
      await authorize(hashes, { otp })
    })

    it('that was made for a list serves no authorization without hashes', async () => {
      const loose = await makeSigner(sam, { signer, policy: 'scal1-otp' })
      const otp = await sentCode(sam, loose, newHashes(1))
      const { hashes: _hashes, ...rest } = authorization(loose, newHashes(1), { otp })
      await refused(sam, 'otp_invalid', () => sam.ssa.call('authorize', rest))
    })

    it('serves once', async () => {
      const hashes = newHashes(1)
      const otp = await sentCode(sam, signer, hashes)
      await authorize(hashes, { otp })
      const { reason } = await refused(sam, 'otp_invalid', () => authorize(hashes, { otp }))
      assert.equal(reason, 'no code is open')
    })

    it('is void once a new one is made, whatever each is bound to', async () => {
      const hashes = newHashes(1)
      const first = await sentCode(sam, signer, hashes)
      const second = await sentCode(sam, signer)
      if (first !== second) await refused(sam, 'otp_invalid', () => authorize(hashes, { otp: first }))
      await authorize(hashes, { otp: second })
    })

    it('lives five minutes, to the millisecond', async () => {
      const hashes = newHashes(1)
      const [one, two] = [signer, await makeSigner(sam)]
      const codes = [await sentCode(sam, one, hashes), await sentCode(sam, two, hashes)] as const
      clock.pass(5 * MINUTE - 1)
      await authorize(hashes, { otp: codes[0] }, one)
      clock.pass(1)
      const { reason } = await refused(sam, 'otp_invalid', () => authorize(hashes, { otp: codes[1] }, two))
      assert.equal(reason, 'the code has expired')
    })

    it('survives a restart', async () => {
      const hashes = newHashes(1)
      const otp = await sentCode(sam, signer, hashes)
      await sam.stop()
      await sam.start(clock)
      assert.equal((await authorize(hashes, { otp })).grade, 'bound-otp')
    })

    it('is taken with blanks and hyphens, as people type it (O08)', async () => {
      for (const spelled of [
        (code: string) => `${code.slice(0, 4)} ${code.slice(4)}`,
        (code: string) => ` ${code.slice(0, 2)}-${code.slice(2)} - `,
      ]) {
        const hashes = newHashes(1)
        const otp = spelled(await sentCode(sam, signer, hashes))
        await authorize(hashes, { otp })
      }
    })

    it('is refused in other digits, letters, lengths, and counted (O08)', async () => {
      const hashes = newHashes(1)
      const spellings = [
        (code: string) => code.replace(/./g, (digit) => String.fromCodePoint(0x660 + Number(digit))),
        (code: string) => code.replace(/./g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
        (code: string) => code.slice(1),
        (code: string) => `${code}0`,
        (code: string) => `+${code}`,
        (code: string) => `${code}.0`,
        (code: string) => `0x${Number(code).toString(16)}`,
        (code: string) => `${code.slice(0, 4)}\u00a0${code.slice(4)}`,
        () => 'abcdefgh',
        () => '%00000000',
        () => "' OR 1=1",
        () => '        ',
      ]
      for (const spelled of spellings) {
        const otp = await sentCode(sam, signer, hashes)
        const { reason } = await refused(sam, 'otp_invalid', () => authorize(hashes, { otp: spelled(otp) }))
        assert.equal(reason, 'not a code of eight digits')
        const factor = await sam.deps.records.read('factor', `otp.${signer.signerId}`)
        assert.equal(factor?.value.attempts, 1)
        await authorize(hashes, { otp })
      }
    })

    it('is refused when it is long, empty or broken, before anything is counted (O08)', async () => {
      const hashes = newHashes(1)
      for (const otp of ['', '1'.repeat(129), '1234567\n', '1'.repeat(400_000)])
        await refused(sam, 'malformed', () => authorize(hashes, { otp }))
      await refused(sam, 'too_large', () => authorize(hashes, { otp: '1'.repeat(2 ** 20) }))
    })

    it('is random: twenty codes, none like another', async () => {
      const codes = new Set<string>()
      for (let i = 0; i < 20; i++) codes.add(await sentCode(sam, signer))
      assert.ok(codes.size === 20)
      for (const code of codes) assert.match(code, /^[0-9]{8}$/)
    })
  })

  describe('SCAL 1', () => {
    it('authorizes a number of signatures without hashes, at the grade of the code, and no more', async () => {
      const loose = await makeSigner(sam, { policy: 'scal1-otp' })
      const otp = await sentCode(sam, loose)
      const { hashes: _hashes, ...request } = authorization(loose, newHashes(2), { otp })
      const { sad, grade } = await sam.ssa.call('authorize', request)
      assert.equal(grade, 'plain-otp')
      const use = { ...callerOf(loose), familyId: loose.familyId, sad, signAlgorithm: '1.2.840.10045.4.3.2' }
      await refused(sam, 'hash_not_authorized', () =>
        sam.ssa.call('sign', { ...use, requestId: newRequestId(), hashes: newHashes(3) }),
      )
      const renewed = await sam.ssa.call('extend', { ...use, requestId: newRequestId() })
      await refused(sam, 'hash_not_authorized', () =>
        sam.ssa.call('extend', { ...use, requestId: newRequestId(), sad: renewed.sad, hashes: newHashes(1) }),
      )
      const again = { ...use, sad: renewed.sad }
      await sam.ssa.call('sign', { ...again, requestId: newRequestId(), hashes: newHashes(2) })
      await refused(sam, 'sad_invalid', () =>
        sam.ssa.call('sign', { ...again, requestId: newRequestId(), hashes: newHashes(1) }),
      )
    })

    it('binds to hashes that are named, and takes no number that differs from them', async () => {
      const loose = await makeSigner(sam, { policy: 'scal1-otp' })
      const hashes = newHashes(1)
      const { sad } = await authorized(sam, loose, hashes, { hashAlgorithm: SHA256 })
      await refused(sam, 'hash_not_authorized', () =>
        sam.ssa.call('sign', {
          ...callerOf(loose),
          familyId: loose.familyId,
          sad,
          hashes: newHashes(1),
          signAlgorithm: '1.2.840.10045.4.3.2',
        }),
      )
      const otp = await sentCode(sam, loose)
      await refused(sam, 'hash_count_mismatch', () =>
        authorize(hashes, { otp, numberOfSignatures: 2 }, loose),
      )
      await refused(sam, 'number_of_signatures_too_high', () =>
        authorize(hashes, { otp, numberOfSignatures: 6 }, loose),
      )
    })
  })
})
