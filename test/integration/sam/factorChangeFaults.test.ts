import assert from 'node:assert/strict'
import { HsmUnavailable } from '../../../hsm/hsm.ts'
import { readCheckpoint } from '../../../sam/journal/checkpoint.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { commitFaults, type CommitFaults } from '../../support/commitFaults.ts'
import { asked, changed, factorsOf, proof } from '../../support/factorChanges.ts'
import { journalOf } from '../../support/samActs.ts'

describe('SAM: a factor change that the disk or the token does not take', () => {
  let sam: TestSam
  let signer: TestSigner
  let faults: CommitFaults
  before(async () => {
    sam = await buildSam()
    faults = await commitFaults(sam.deps.database.write)
  })
  beforeEach(async () => {
    signer = await makeSigner(sam)
  })
  after(() => sam.dispose())

  const isWaiting = async (): Promise<boolean> => (await factorsOf(sam, signer))[0]?.change !== undefined
  const confirm = (given: { readonly changeId: string; readonly otp: string }): Promise<unknown> =>
    sam.ssa.call('confirmFactorChange', proof(signer, given))

  for (const kind of ['stored', 'not stored'] as const) {
    it(`is proved by asking again: the write failed and was ${kind}`, async () => {
      const given = await asked(sam, signer, 'pin')
      // The attempt is the first commit.
      faults.failOne(2, kind)
      await assert.rejects(confirm(given), { code: 'unavailable' })
      assert.equal(await isWaiting(), kind === 'stored')
      await confirm(given)
      assert.ok(await isWaiting())
      const events = await journalOf(sam, 'FACTOR_CHANGE_PROVED')
      assert.equal(events.filter(({ changeId }) => changeId === given.changeId).length, 1)
    })

    it(`sends no code that was ${kind} with an error`, async () => {
      const { length } = await sam.outbox()
      faults.failOne(1, kind)
      await assert.rejects(asked(sam, signer, 'pin'), { code: 'unavailable' })
      assert.equal((await sam.outbox()).length, length)
      await confirm(await asked(sam, signer, 'pin'))
    })

    it(`is cancelled, or not, and can be asked again: the write was ${kind}`, async () => {
      await changed(sam, signer, 'pin')
      const { signerId } = signer
      const cancel = (): Promise<unknown> =>
        sam.ssa.call('cancelFactorChange', {
          requestId: newRequestId(),
          signerId,
          factorId: `pin.${signerId}`,
          reason: 'test',
        })
      faults.failOne(1, kind)
      await assert.rejects(cancel(), { code: 'unavailable' })
      assert.equal(await isWaiting(), kind === 'not stored')
      if (kind === 'stored') await assert.rejects(cancel(), { code: 'state_forbids' })
      else await cancel()
      assert.equal(await isWaiting(), false)
    })

    it(`is reset by asking again: the write was ${kind}`, async () => {
      await changed(sam, signer, 'pin')
      const { signerId } = signer
      const reset = (): Promise<unknown> =>
        sam.ra.call('resetFactor', {
          requestId: newRequestId(),
          signerId,
          factorId: `pin.${signerId}`,
          reason: 'test',
          pin: 'r3set-Pin',
        })
      faults.failOne(1, kind)
      await assert.rejects(reset(), { code: 'unavailable' })
      assert.equal(await isWaiting(), kind === 'not stored')
      // What was stored is the PIN of before by now: the refusal says that nothing is left to do.
      if (kind === 'stored') await assert.rejects(reset(), { code: 'pin_too_weak' })
      else await reset()
      assert.equal(await isWaiting(), false)
    })
  }

  it('is not acknowledged before the token knows of it', async () => {
    const given = await asked(sam, signer, 'pin')
    const { hsm, writer } = sam.deps
    const original = hsm.writeData.bind(hsm)
    hsm.writeData = () => Promise.reject(new HsmUnavailable('gone'))
    await assert.rejects(confirm(given), { code: 'unavailable' })
    await sam.ssa.call('status', { requestId: newRequestId() })
    await assert.rejects(confirm(given), { code: 'unavailable' })
    hsm.writeData = original
    await sam.ssa.call('status', { requestId: newRequestId() })
    const { sequence } = writer.head
    await confirm(given)
    assert.ok(((await readCheckpoint(hsm, writer.chain))?.sequence ?? 0) >= sequence)
  })
})
