import assert from 'node:assert/strict'
import { SapFailure } from '../../../sap/errors.ts'
import { makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import type { FaultModule } from '../../support/faultModule.ts'
import { buildFaultySam, type FaultySam } from '../../support/faultySam.ts'
import {
  authorization,
  authorized,
  journalOf,
  newHashes,
  refused,
  sentCode,
  signing,
} from '../../support/samActs.ts'
import { holdCalls } from '../../support/slowHsm.ts'

const CKM_ECDSA = 0x1041

describe('SAP sign: once', () => {
  let faulty: FaultySam
  let sam: TestSam
  let fault: FaultModule
  let signer: TestSigner
  before(async () => {
    faulty = await buildFaultySam()
    ;({ sam, fault } = faulty)
    signer = await makeSigner(sam)
  })
  after(() => faulty.dispose())

  it('refuses a replay always, and asks the HSM once (S04)', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    const before = fault.countSigning(CKM_ECDSA)
    const request = signing(signer, sad, hashes)
    await sam.ssa.call('sign', request)
    for (let i = 0; i < 3; i++) await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', request))
    await sam.stop()
    await sam.start()
    const { requestId: _same, ...rest } = request
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', { ...rest, requestId: newRequestId() }))
    // Stopping and starting sign a checkpoint each, with the service's own key.
    assert.equal(fault.countSigning(CKM_ECDSA) - before, 1 + 2)
    assert.equal((await journalOf(sam, 'SIGNED')).length, 1)
  })

  it('signs once when one SAD is used a hundred times at once (S05)', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    const before = { signed: fault.countSigning(CKM_ECDSA), unwrapped: fault.count('C_UnwrapKey') }
    const known = (await journalOf(sam, 'SIGNING')).length
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () => sam.ssa.call('sign', signing(signer, sad, hashes))),
    )
    const codes = results.map((result) => {
      if (result.status === 'fulfilled') return 'signed'
      const reason: unknown = result.reason
      return reason instanceof SapFailure ? reason.code : 'unexpected'
    })
    assert.equal(codes.filter((code) => code === 'signed').length, 1)
    assert.equal(codes.filter((code) => code === 'sad_invalid').length, 99)
    assert.equal(fault.countSigning(CKM_ECDSA) - before.signed, 1)
    assert.equal(fault.count('C_UnwrapKey') - before.unwrapped, 1)
    assert.equal((await journalOf(sam, 'SIGNING')).length - known, 1)
  })

  it('signs each of three occurrences once when parts of the list race each other', async () => {
    const hashes = newHashes(3)
    const [first, second, third] = hashes
    assert.ok(first && second && third)
    const { sad } = await authorized(sam, signer, hashes)
    const before = fault.countSigning(CKM_ECDSA)
    const parts = [[first, second], [second, third], [third, first], [first], [second], [third]]
    const results = await Promise.allSettled(
      [...parts, ...parts, ...parts].map((part) => sam.ssa.call('sign', signing(signer, sad, part))),
    )
    const signed = results.flatMap((result) => (result.status === 'fulfilled' ? result.value.signatures : []))
    const open: { position: number }[] = await sam.deps.database
      .read('occurrence')
      .whereNull('spent_by')
      .select('position')
    assert.equal(signed.length + open.length, 3)
    assert.equal(fault.countSigning(CKM_ECDSA) - before, signed.length)
    assert.ok(signed.length >= 2)
    for (const result of results)
      if (result.status === 'rejected') {
        const reason: unknown = result.reason
        assert.ok(reason instanceof SapFailure)
        assert.match(reason.code, /^(sad_invalid|hash_not_authorized)$/)
      }
  })

  it('signs each of forty equal occurrences once when forty calls ask at once, and no more', async () => {
    const [hash] = newHashes(1)
    assert.ok(hash)
    const hashes = Array.from({ length: 40 }, () => hash)
    const { sad } = await authorized(sam, signer, hashes)
    const before = fault.countSigning(CKM_ECDSA)
    const results = await Promise.allSettled(
      hashes.map(() => sam.ssa.call('sign', signing(signer, sad, [hash]))),
    )
    assert.deepEqual(
      results.filter(({ status }) => status === 'rejected'),
      [],
    )
    assert.equal(fault.countSigning(CKM_ECDSA) - before, 40)
    await refused(sam, 'sad_invalid', () => sam.ssa.call('sign', signing(signer, sad, [hash])))
    assert.equal(fault.countSigning(CKM_ECDSA) - before, 40)
  })

  it('authorizes once when one code is used twice, and both were found right', async () => {
    const hashes = newHashes(1)
    const known = (await journalOf(sam, 'AUTHORIZED')).length
    const otp = await sentCode(sam, signer, hashes)
    // The SAD is drawn after every factor was found right, and before anything is written.
    const held = holdCalls(sam, 'random')
    const both = Promise.allSettled(
      [1, 2].map(() => sam.ssa.call('authorize', authorization(signer, hashes, { otp }))),
    )
    await held.reached(2)
    held.letGo()
    const results = await both
    held.undo()
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    for (const result of results)
      if (result.status === 'rejected') {
        const reason: unknown = result.reason
        assert.ok(reason instanceof SapFailure && reason.code === 'otp_invalid')
      }
    assert.equal((await journalOf(sam, 'AUTHORIZED')).length - known, 1)
  })
})
