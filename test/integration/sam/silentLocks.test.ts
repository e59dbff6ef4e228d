import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { authorization, journalOf, newHashes, refused, sentCode } from '../../support/samActs.ts'

const LOCK_AFTER = 5

/** A lock is told, whatever the act was refused for. */
describe('SAM: a factor whose attempts are used up although its values were right', () => {
  let sam: TestSam
  let signer: TestSigner
  before(async () => {
    sam = await buildSam({ config: { factorChange: { waitingSeconds: 0 }, lockAfter: LOCK_AFTER } })
  })
  after(() => sam.dispose())

  const times = async (act: () => Promise<unknown>): Promise<void> => {
    for (let count = 0; count < LOCK_AFTER; count++) await act()
  }
  const lockedFactors = async (): Promise<readonly unknown[]> =>
    (await journalOf(sam, 'FACTOR_LOCKED'))
      .filter(({ signerId }) => signerId === signer.signerId)
      .map(({ factor }) => factor)

  it('is journalled as locked when the other factor was wrong', async () => {
    signer = await makeSigner(sam, { policy: 'otp-pin' })
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    await times(() =>
      refused(sam, 'pin_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: 'wr0ng-Pin' })),
      ),
    )
    assert.deepEqual((await lockedFactors()).toSorted(), ['otp', 'pin'])
  })

  it('is journalled as locked when the grade was too low', async () => {
    signer = await makeSigner(sam, { policy: 'bound-otp' })
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer)
    await times(() =>
      refused(sam, 'grade_too_low', () => sam.ssa.call('authorize', authorization(signer, hashes, { otp }))),
    )
    assert.deepEqual(await lockedFactors(), ['otp'])
  })

  it('is journalled as locked when a change was proved and its PIN not taken', async () => {
    signer = await makeSigner(sam, { policy: 'otp-pin' })
    const { signerId, clientId } = signer
    const caller = () => ({ requestId: newRequestId(), signerId, clientId })
    const { changeId } = await sam.ssa.call('beginFactorChange', {
      ...caller(),
      kind: 'pin',
      action: 'set',
      pin: signer.pin,
    })
    const otp = await sam.lastCode()
    await times(() =>
      refused(sam, 'pin_too_weak', () => sam.ssa.call('confirmFactorChange', { ...caller(), changeId, otp })),
    )
    assert.deepEqual(await lockedFactors(), ['otp'])
  })
})
