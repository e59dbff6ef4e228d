import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { HsmUnavailable } from '../../../hsm/hsm.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import {
  authorization,
  authorized,
  callerOf,
  eventsOf,
  newHashes,
  refused,
  sentCode,
  signing,
} from '../../support/samActs.ts'
import { holdCalls, type HeldCalls } from '../../support/slowHsm.ts'

describe('SAP suspend and destroy: no signature after the answer (S19)', () => {
  let sam: TestSam
  let signer: TestSigner
  let held: HeldCalls | undefined
  before(async () => {
    sam = await buildSam()
  })
  beforeEach(async () => {
    signer = await makeSigner(sam)
  })
  afterEach(async () => {
    held?.letGo()
    held?.undo()
    held = undefined
    // Some tests leave it so.
    await sam.ssa.call('status', { requestId: newRequestId() })
  })
  after(() => sam.dispose())

  const suspend = (requestId = newRequestId()): Promise<unknown> =>
    sam.ssa.call('suspend', { ...callerOf(signer), requestId, reason: 'lost phone' })
  const resume = (): Promise<unknown> => {
    const { credentialId } = signer
    return sam.ra.call('resume', { requestId: newRequestId(), credentialId, reason: 'found' })
  }
  const destroy = (): Promise<unknown> => {
    const { credentialId } = signer
    return sam.ra.call('destroy', { requestId: newRequestId(), credentialId, reason: 'end' })
  }

  it('refuses a SAD of before the suspension, and still after it', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    const requestId = newRequestId()
    await suspend(requestId)
    const [{ type, reason } = {}] = await eventsOf(sam, requestId)
    assert.deepEqual([type, reason], ['KEY_SUSPENDED', 'lost phone'])
    await refused(sam, 'credential_disabled', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
    await refused(sam, 'credential_disabled', () => sentCode(sam, signer, hashes))
    await resume()
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
    const anew = await authorized(sam, signer, hashes)
    await sam.ssa.call('sign', signing(signer, anew.sad, hashes))
  })

  it('acknowledges a resumption again, and voids nothing by it', async () => {
    const hashes = newHashes(1)
    await suspend()
    await resume()
    const { sad } = await authorized(sam, signer, hashes)
    await resume()
    await sam.ssa.call('sign', signing(signer, sad, hashes))
  })

  it('refuses a code that was sent before the suspension while it lasts', async () => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    await suspend()
    await refused(sam, 'credential_disabled', () =>
      sam.ssa.call('authorize', authorization(signer, hashes, { otp })),
    )
  })

  it('refuses a SAD once the key is destroyed', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    await destroy()
    await refused(sam, 'credential_disabled', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
  })

  it('leaves the SADs of other credentials alone', async () => {
    const other = await makeSigner(sam, { signer })
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, other, hashes)
    await suspend()
    await sam.ssa.call('sign', signing(other, sad, hashes))
  })

  for (const [name, stopIt] of [
    ['suspend', suspend],
    ['destroy', destroy],
  ] as const)
    it(`stops a batch: no HSM call after ${name} was answered, and no signature leaves`, async () => {
      const hashes = newHashes(50)
      const { sad } = await authorized(sam, signer, hashes)
      held = holdCalls(sam, 'sign', 10)
      const use = signing(signer, sad, hashes)
      const batch = assert.rejects(sam.ssa.call('sign', use), { code: 'unavailable' })
      await held.reached(11)
      let isAnswered = false
      const stopping = stopIt().then(() => {
        isAnswered = true
        return held?.calls() ?? 0
      })
      await sleep(300)
      assert.equal(isAnswered, false, 'two hashes are at the HSM: the answer must wait')
      held.letGo()
      const callsAtTheAnswer = await stopping
      await batch
      await sleep(100)
      assert.equal(held.calls(), callsAtTheAnswer)
      assert.equal(callsAtTheAnswer, 11, 'a batch looks at the state between hashes')
      const events = await eventsOf(sam, use.requestId)
      assert.deepEqual(
        events.map(({ type }) => type),
        ['SIGNING', 'SIGNING_FAILED', 'REFUSED'],
      )
      assert.equal(events[1]?.['outcome'], 'stopped')
      await refused(sam, 'credential_disabled', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
    })

  it('does not give a SAD back that was voided while the HSM failed', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    held = holdCalls(sam, 'withUnwrappedKey')
    const failing = assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), {
      code: 'unavailable',
    })
    await held.reached(1)
    await sam.ssa.call('voidSad', { requestId: newRequestId(), familyId: signer.familyId })
    held.letGo(new HsmUnavailable('gone'))
    await failing
    held.undo()
    await sam.ssa.call('status', { requestId: newRequestId() })
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
  })

  it('does not give a SAD back whose key was suspended while the HSM failed', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    held = holdCalls(sam, 'withUnwrappedKey')
    const failing = assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), {
      code: 'unavailable',
    })
    await held.reached(1)
    const suspending = suspend()
    await sleep(200)
    held.letGo(new HsmUnavailable('gone'))
    await Promise.all([failing, suspending])
    held.undo()
    await sam.ssa.call('status', { requestId: newRequestId() })
    await resume()
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(signer, sad, hashes)))
  })
})
