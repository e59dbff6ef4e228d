import assert from 'node:assert/strict'
import { writeQuarantines } from '../../../sam/activation/quarantine.ts'
import { settleExpired } from '../../../sam/activation/settleEarlier.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { commitFaults, type CommitFaults } from '../../support/commitFaults.ts'
import { authorization, authorized, journalOf, newHashes, sentCode, signing } from '../../support/samActs.ts'

/** Every signature of the HSM is spoiled on its way until `restore` is called. */
function spoilSignatures(sam: TestSam): { calls(): number; restore(): void } {
  const { hsm } = sam.deps
  const original = hsm.sign.bind(hsm)
  let calls = 0
  hsm.sign = async (...call) => {
    calls++
    const spoiled = Buffer.from(await original(...call))
    spoiled[10] = (spoiled[10] ?? 0) ^ 1
    return spoiled
  }
  return {
    calls: () => calls,
    restore() {
      hsm.sign = original
    },
  }
}

describe('SAM: a wrong signature whose outcome cannot be written (H16, F07)', () => {
  let sam: TestSam
  let signer: TestSigner
  let faults: CommitFaults
  beforeEach(async () => {
    sam = await buildSam()
    faults = await commitFaults(sam.deps.database.write)
    signer = await makeSigner(sam)
  })
  afterEach(() => sam.dispose())

  const stored = async (): Promise<string | undefined> =>
    (await sam.deps.records.read('key', signer.credentialId))?.value.state
  const shown = async (): Promise<string | undefined> => {
    const { credentials } = await sam.ssa.call('credentials', {
      requestId: newRequestId(),
      signerId: signer.signerId,
    })
    return credentials[0]?.state
  }
  const resume = (): Promise<unknown> => {
    const { credentialId } = signer
    return sam.ra.call('resume', { requestId: newRequestId(), credentialId, reason: 'checked' })
  }

  async function signWrongUnwritten(): Promise<void> {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    const spoiled = spoilSignatures(sam)
    faults.failOne(2, 'not stored')
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
    spoiled.restore()
  }

  for (const kind of ['stored', 'not stored'] as const)
    it(`takes the key out of use at once, and suspends it when the disk works again (${kind})`, async () => {
      const [first, second] = [newHashes(1), newHashes(1)]
      const { sad } = await authorized(sam, signer, first)
      const other = await authorized(sam, signer, second)
      const otp = await sentCode(sam, signer, first)
      const spoiled = spoilSignatures(sam)
      // The intent is the first commit, the outcome the second.
      faults.failOne(2, kind)
      await assert.rejects(sam.ssa.call('sign', signing(signer, sad, first)), { code: 'unavailable' })
      spoiled.restore()
      assert.equal(spoiled.calls(), 1)
      assert.equal(await stored(), kind === 'stored' ? 'SUSPENDED' : 'ACTIVE')
      assert.equal(await shown(), 'SUSPENDED')

      for (const use of [
        () => sam.ssa.call('sign', signing(signer, other.sad, second)),
        () => sam.ssa.call('authorize', authorization(signer, first, { otp })),
        () => sentCode(sam, signer, first),
      ])
        await assert.rejects(use, { code: 'credential_disabled' })
      await assert.rejects(resume(), { code: 'unavailable' })

      await writeQuarantines(sam.deps)
      assert.equal(await stored(), 'SUSPENDED')
      assert.deepEqual(sam.deps.state.quarantined(), [])
      const events = [
        ...(await journalOf(sam, 'KEY_SUSPENDED')),
        ...(await journalOf(sam, 'SIGNATURE_WRONG')),
      ]
      assert.deepEqual(
        events.map(({ credentialId }) => credentialId),
        [signer.credentialId],
      )
      await assert.rejects(sam.ssa.call('sign', signing(signer, other.sad, second)), {
        code: 'credential_disabled',
      })
      await resume()
      await assert.rejects(sam.ssa.call('sign', signing(signer, other.sad, second)), { code: 'sad_invalid' })
      const again = await authorized(sam, signer, second)
      await sam.ssa.call('sign', signing(signer, again.sad, second))
    })

  it('suspends also when the lease of the reservation has ended', async () => {
    await signWrongUnwritten()
    await sam.deps.database.write('reservation').update({ lease_until: 0 })
    await writeQuarantines(sam.deps)
    assert.equal(await stored(), 'SUSPENDED')
    const [event] = await journalOf(sam, 'KEY_SUSPENDED')
    assert.equal(event?.['reason'], 'it gave a wrong signature')
    await settleExpired(sam.deps)
    assert.equal((await journalOf(sam, 'OUTCOME_UNKNOWN')).length, 1)
  })

  it('goes on trying: a second fault leaves the key out of use', async () => {
    await signWrongUnwritten()
    faults.failOne(1, 'not stored')
    await assert.rejects(writeQuarantines(sam.deps))
    assert.ok(sam.deps.state.isQuarantined(signer.credentialId))
    await writeQuarantines(sam.deps)
    assert.equal(await stored(), 'SUSPENDED')
  })

  it('writes the suspension before it stops', async () => {
    await signWrongUnwritten()
    await sam.stop()
    await sam.start()
    assert.equal(await stored(), 'SUSPENDED')
    const [wrong] = await journalOf(sam, 'SIGNATURE_WRONG')
    assert.equal(wrong?.['credentialId'], signer.credentialId)
  })

  it('sends no hash of another request to the HSM that was under way with the same key', async () => {
    const hashes = newHashes(20)
    const { sad } = await authorized(sam, signer, hashes)
    const { hsm } = sam.deps
    const original = hsm.sign.bind(hsm)
    let calls = 0
    hsm.sign = async (...call) => {
      if (++calls === 5)
        sam.deps.state.quarantine({
          credentialId: signer.credentialId,
          reservationId: 'res-other',
          requestId: newRequestId(),
        })
      return original(...call)
    }
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
    hsm.sign = original
    assert.ok(calls <= 6, 'one more may have been at the HSM')
    assert.equal((await journalOf(sam, 'SIGNING_FAILED')).at(-1)?.['outcome'], 'stopped')
  })
})
