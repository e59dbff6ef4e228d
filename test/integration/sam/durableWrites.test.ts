import assert from 'node:assert/strict'
import { verifyJournal } from '../../../sam/journal/verifyJournal.ts'
import { buildSam, makeSigner, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { commitFaults, type CommitFaults } from '../../support/commitFaults.ts'
import {
  authorization,
  authorized,
  callerOf,
  journalOf,
  newHashes,
  sentCode,
  signing,
} from '../../support/samActs.ts'
import { holdCalls } from '../../support/slowHsm.ts'

/** A write that the disk answers with an error may have happened or not: nobody knows until it is read again. */
describe('SAM: one durable write fails, stored or not (F07)', () => {
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
  after(async () => {
    // The journal is whole after all of this: a broken one would not start OPERATIONAL.
    await sam.stop()
    await sam.start()
    assert.equal(sam.deps.state.name(), 'OPERATIONAL')
    await sam.dispose()
  })

  const spent = async (): Promise<number> =>
    (await sam.deps.database.read('occurrence').whereNotNull('spent_by').pluck<string[]>('spent_by')).length
  const count = async (type: string): Promise<number> => (await journalOf(sam, type)).length
  const isOperational = (): void => {
    assert.equal(sam.deps.state.name(), 'OPERATIONAL')
  }

  for (const kind of ['stored', 'not stored'] as const) {
    const isStored = kind === 'stored'

    it(`the attempt: nothing is compared, it counts if it was ${kind}`, async () => {
      const hashes = newHashes(1)
      const otp = await sentCode(sam, signer, hashes)
      const acts = await count('AUTHORIZED')
      faults.failOne(1, kind)
      const request = authorization(signer, hashes, { otp })
      await assert.rejects(sam.ssa.call('authorize', request), { code: 'unavailable' })
      assert.equal(await count('AUTHORIZED'), acts)
      const factor = await sam.deps.records.read('factor', `otp.${signer.signerId}`)
      assert.equal(factor?.value.attempts, isStored ? 1 : 0)
      isOperational()
      await sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
    })

    it(`the activation: no SAD is returned, the code is used if it was ${kind}`, async () => {
      const hashes = newHashes(1)
      const otp = await sentCode(sam, signer, hashes)
      faults.failOne(2, kind)
      await assert.rejects(sam.ssa.call('authorize', authorization(signer, hashes, { otp })), {
        code: 'unavailable',
      })
      isOperational()
      const again = sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
      if (isStored) await assert.rejects(again, { code: 'otp_invalid' })
      else await again
    })

    it(`the code: nothing is sent`, async () => {
      const before = (await sam.outbox()).length
      faults.failOne(1, kind)
      await assert.rejects(sentCode(sam, signer), { code: 'unavailable' })
      assert.equal((await sam.outbox()).length, before)
      isOperational()
    })

    it(`the intent: the HSM is not asked, the hash is spent if it was ${kind}`, async () => {
      const hashes = newHashes(1)
      const { sad } = await authorized(sam, signer, hashes)
      const before = await spent()
      const calls = holdCalls(sam, 'withUnwrappedKey')
      calls.letGo()
      faults.failOne(1, kind)
      await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
      assert.equal(calls.calls(), 0)
      assert.equal((await spent()) - before, isStored ? 1 : 0)
      isOperational()
      const again = sam.ssa.call('sign', signing(signer, sad, hashes))
      if (isStored) await assert.rejects(again, { code: 'sad_invalid' })
      else assert.equal((await again).signatures.length, 1)
      assert.equal(calls.calls(), isStored ? 0 : 1)
      calls.undo()
    })

    it(`the outcome: no signature leaves, the hash stays spent (${kind})`, async () => {
      const hashes = newHashes(1)
      const { sad } = await authorized(sam, signer, hashes)
      const before = await count('SIGNED')
      faults.failOne(2, kind)
      await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
      assert.equal((await count('SIGNED')) - before, isStored ? 1 : 0)
      isOperational()
      await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'sad_invalid' })
    })

    it(`the suspension: it is not acknowledged, and can be asked for again (${kind})`, async () => {
      const hashes = newHashes(1)
      const { sad } = await authorized(sam, signer, hashes)
      const suspend = (): Promise<unknown> =>
        sam.ssa.call('suspend', { ...callerOf(signer), reason: 'lost phone' })
      faults.failOne(1, kind)
      await assert.rejects(suspend(), { code: 'unavailable' })
      await suspend()
      await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), {
        code: 'credential_disabled',
      })
      isOperational()
    })

    it(`the refusal: the peer hears unavailable, and not why (${kind})`, async () => {
      const before = await count('REFUSED')
      faults.failOne(1, kind)
      await assert.rejects(sam.ssa.call('sign', signing(signer, 'none', newHashes(1))), {
        code: 'unavailable',
      })
      assert.equal((await count('REFUSED')) - before, isStored ? 1 : 0)
      assert.equal(sam.deps.state.name(), 'AUDIT_BLOCKED')
      await assert.rejects(sam.ssa.call('sign', signing(signer, 'none', newHashes(1))), {
        code: 'unavailable',
      })
      await assert.rejects(sam.ssa.call('sign', signing(signer, 'none', newHashes(1))), {
        code: 'sad_invalid',
      })
    })

    it(`a round of many: each job is whole or absent (${kind})`, async () => {
      const hashes = newHashes(30)
      const { sad } = await authorized(sam, signer, hashes)
      const before = { spent: await spent(), signed: await count('SIGNED') }
      faults.failOne(2, kind)
      const results = await Promise.allSettled(
        hashes.map((hash) => sam.ssa.call('sign', signing(signer, sad, [hash]))),
      )
      const signed = results.filter(({ status }) => status === 'fulfilled').length
      assert.ok((await count('SIGNED')) - before.signed >= signed)
      assert.ok((await spent()) - before.spent >= signed)
      isOperational()
      assert.equal(sam.deps.state.lockedBecause(), undefined)
    })
  }

  it('keeps a chain that can be followed', async () => {
    const head = await verifyJournal(sam.deps.database.read, sam.deps.writer.chain, undefined)
    assert.equal(head.sequence, sam.deps.writer.head.sequence)
  })
})
