import assert from 'node:assert/strict'
import { SapFailure, type SapErrorCode } from '../../../sap/errors.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { breakDatabase, mendDatabase } from '../../support/databaseFaults.ts'
import { authorization, authorized, journalOf, newHashes, sentCode, signing } from '../../support/samActs.ts'

const breakDisk = (sam: TestSam): Promise<void> => breakDatabase(sam.deps.database.write, 'readOnly')
const mendDisk = (sam: TestSam): Promise<void> => mendDatabase(sam.deps.database.write, 'readOnly')
const fillDisk = (sam: TestSam): Promise<void> => breakDatabase(sam.deps.database.write, 'full')
const emptyDisk = (sam: TestSam): Promise<void> => mendDatabase(sam.deps.database.write, 'full')

describe('SAM over a database that cannot be written (F07)', () => {
  let sam: TestSam
  let signer: TestSigner
  beforeEach(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
  })
  afterEach(() => sam.dispose())

  const state = async (): Promise<string> =>
    (await sam.ssa.call('status', { requestId: newRequestId() })).state
  const refused = (code: SapErrorCode, call: Promise<unknown>): Promise<void> =>
    assert.rejects(call, { code })
  const open = async (table: string): Promise<number> =>
    (await sam.deps.database.read(table).where({ state: 'open' }).pluck<string[]>('id')).length

  it('authorizes nothing, uses no code up, and goes on when there is room again', async () => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    await breakDisk(sam)
    await refused('unavailable', sam.ssa.call('authorize', authorization(signer, hashes, { otp })))
    assert.equal(await open('otp'), 1)
    assert.equal(await open('activation'), 0)
    assert.equal(await state(), 'AUDIT_BLOCKED')
    await refused('unavailable', sam.ssa.call('authorize', authorization(signer, hashes, { otp })))

    await mendDisk(sam)
    await recovered(sam)
    assert.equal(await state(), 'OPERATIONAL')
    const { grade } = await sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
    assert.equal(grade, 'bound-otp')
  })

  it('calls no HSM when the intent cannot be written, and spends nothing', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    let calls = 0
    const { hsm } = sam.deps
    const original = hsm.sign.bind(hsm)
    hsm.sign = (...call) => {
      calls++
      return original(...call)
    }
    await breakDisk(sam)
    await refused('unavailable', sam.ssa.call('sign', signing(signer, sad, hashes)))
    assert.equal(calls, 0)
    await mendDisk(sam)
    await recovered(sam)
    assert.equal((await sam.ssa.call('sign', signing(signer, sad, hashes))).signatures.length, 1)
    assert.equal(calls, 1)
  })

  it('releases no signature when the outcome cannot be written; the hash stays spent', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    const { hsm } = sam.deps
    const original = hsm.sign.bind(hsm)
    hsm.sign = async (...call) => {
      const signature = await original(...call)
      await breakDisk(sam)
      return signature
    }
    await refused('unavailable', sam.ssa.call('sign', signing(signer, sad, hashes)))
    hsm.sign = original
    assert.equal(await open('reservation'), 1)
    await mendDisk(sam)
    await recovered(sam)
    await refused('sad_invalid', sam.ssa.call('sign', signing(signer, sad, hashes)))
    await sam.stop()
    await sam.start()
    assert.equal(await open('reservation'), 0)
    assert.equal((await journalOf(sam, 'OUTCOME_UNKNOWN')).length, 1)
    await refused('sad_invalid', sam.ssa.call('sign', signing(signer, sad, hashes)))
  })

  it('acknowledges no suspension that is not on the disk', async () => {
    await breakDisk(sam)
    const { signerId, clientId, credentialId } = signer
    const request = { requestId: newRequestId(), signerId, clientId, credentialId, reason: 'lost phone' }
    await refused('unavailable', sam.ssa.call('suspend', request))
    await mendDisk(sam)
    await recovered(sam)
    await sam.ssa.call('suspend', { ...request, requestId: newRequestId() })
    const hashes = newHashes(1)
    await refused('credential_disabled', authorized(sam, signer, hashes))
  })

  it('authorizes nothing on a full disk, not even a part of a long list', async () => {
    const hashes = newHashes(200)
    const otp = await sentCode(sam, signer, hashes)
    await fillDisk(sam)
    const call = sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
    await assert.rejects(
      call,
      (error) => error instanceof SapFailure && /unavailable|internal/.test(error.code),
    )
    assert.equal(await open('otp'), 1)
    assert.deepEqual(await sam.deps.database.read('occurrence').pluck<number[]>('position'), [])
    await emptyDisk(sam)
    await recovered(sam)
    await sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
  })
})

/** The next write that succeeds is what shows that the journal can be written again. */
async function recovered(sam: TestSam): Promise<void> {
  await sam.ra
    .call('journal', { requestId: newRequestId(), ofRequest: newRequestId() })
    .catch(() => undefined)
}
