import assert from 'node:assert/strict'
import { settleExpired } from '../../../sam/activation/settleEarlier.ts'
import { HsmUnavailable } from '../../../hsm/hsm.ts'
import { readCheckpoint } from '../../../sam/journal/checkpoint.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { commitFaults } from '../../support/commitFaults.ts'
import { authorized, journalOf, newHashes, signing } from '../../support/samActs.ts'

describe('SAM acceptState: what it leaves to be found out', () => {
  let sam: TestSam
  let signer: TestSigner
  beforeEach(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
  })
  afterEach(() => sam.dispose())

  /** Puts an earlier copy of the whole database in place of today's. */
  async function rollBack(between: () => Promise<unknown>): Promise<void> {
    await sam.stop()
    const putBack = await sam.database.keep()
    await sam.start()
    await between()
    await sam.stop()
    await putBack()
    await sam.start()
    assert.equal(sam.deps.state.name(), 'LOCKED')
  }

  it('names the end of the old chain that the token remembers, though the database forgot it', async () => {
    const hashes = newHashes(1)
    let sad = ''
    await rollBack(async () => {
      ;({ sad } = await authorized(sam, signer, hashes))
      await sam.ssa.call('sign', signing(signer, sad, hashes))
    })
    const remembered = await readCheckpoint(sam.deps.hsm, 'sam-1')
    assert.ok(remembered)
    await accept(sam)
    const [{ oldChain, tokenSequence, tokenHash } = {}] = await journalOf(sam, 'STATE_ACCEPTED')
    assert.deepEqual(
      [oldChain, tokenSequence, tokenHash],
      ['sam-1', remembered.sequence, remembered.chain.toString('hex')],
    )
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'sad_invalid' })
  })

  it('does not bring back a code or an open SAD of the copy', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    await rollBack(() => sam.ssa.call('sign', signing(signer, sad, hashes)))
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
    await accept(sam)
    const { credentialId } = signer
    await sam.ra.call('resume', { requestId: newRequestId(), credentialId, reason: 'checked' })
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'sad_invalid' })
  })

  it('still names the old chain when the first try could not be written', async () => {
    sam.deps.state.lock('found by a test')
    const faults = await commitFaults(sam.deps.database.write)
    faults.failOne(1, 'not stored')
    await assert.rejects(accept(sam), { code: 'unavailable' })
    assert.equal(sam.deps.state.name(), 'LOCKED')
    faults.undo()
    await accept(sam)
    const accepted = await journalOf(sam, 'STATE_ACCEPTED')
    assert.equal(accepted.length, 1)
    assert.equal(accepted[0]?.['oldChain'], 'sam-1')
    assert.notEqual(accepted[0]['oldSequence'], 0)
    await sam.stop()
    await sam.start()
    assert.equal(sam.deps.state.name(), 'OPERATIONAL')
  })

  it('accepts a record that went back, without a restart', async () => {
    const { read, write } = sam.deps.database
    const row = { kind: 'factor', id: `otp.${signer.signerId}` }
    const old: unknown = await read('record').where(row).first('version', 'body', 'mac')
    assert.ok(typeof old === 'object' && old !== null)
    await authorized(sam, signer, newHashes(1))
    await write('record').where(row).update(old)
    await assert.rejects(authorized(sam, signer, newHashes(1)), { code: 'unavailable' })
    assert.equal(sam.deps.state.name(), 'LOCKED')
    await accept(sam)
    assert.equal(sam.deps.state.name(), 'OPERATIONAL')
    await assert.rejects(authorized(sam, signer, newHashes(1)), { code: 'credential_disabled' })
    const { signerId, credentialId } = signer
    const reason = 'checked'
    await sam.ra.call('resume', { requestId: newRequestId(), credentialId, reason })
    await sam.ra.call('unlockFactor', { requestId: newRequestId(), signerId, factorId: row.id, reason })
    await authorized(sam, signer, newHashes(1))
    await sam.stop()
    await sam.start()
    assert.equal(sam.deps.state.name(), 'OPERATIONAL')
  })

  it('settles what a process before it left open, so that keys can be destroyed', async () => {
    const hashes = newHashes(1)
    await authorized(sam, signer, hashes)
    const { write } = sam.deps.database
    const [activation] = await write('activation').where({ state: 'open' }).pluck<string[]>('id')
    assert.ok(activation)
    await write('reservation').insert({
      id: 'res-crashed',
      activation_id: activation,
      credential_id: signer.credentialId,
      request_id: 'request-crashed',
      node: 'sam-1',
      incarnation: 'an-earlier-process',
      lease_until: Date.now() + 60_000,
      state: 'open',
    })
    await write('journal').where({ sequence: 3 }).delete()
    await sam.stop()
    await sam.start()
    assert.equal(sam.deps.state.name(), 'LOCKED')
    await accept(sam)
    const [unknown] = await journalOf(sam, 'OUTCOME_UNKNOWN')
    assert.deepEqual([unknown?.['reservationId'], unknown?.['outcome']], ['res-crashed', 'unknown'])
    const { credentialId } = signer
    await sam.ra.call('destroy', { requestId: newRequestId(), credentialId, reason: 'end' })
  })
})

describe('SAM checkpoints', () => {
  let sam: TestSam
  before(async () => {
    sam = await buildSam()
  })
  after(() => sam.dispose())

  it('are made again after the token failed in the middle of one', async () => {
    await makeSigner(sam)
    const { hsm, checkpointer, writer } = sam.deps
    const original = hsm.writeData.bind(hsm)
    hsm.writeData = () => Promise.reject(new HsmUnavailable('gone'))
    await assert.rejects(checkpointer.make(), HsmUnavailable)
    hsm.writeData = original
    await checkpointer.make()
    assert.equal((await readCheckpoint(hsm, writer.chain))?.sequence, writer.head.sequence)
  })
})

describe('SAM LOCKED', () => {
  let sam: TestSam
  let signer: TestSigner
  beforeEach(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
  })
  afterEach(() => sam.dispose())

  it('is in journal and token before the peer hears of it, also for a list that was exchanged', async () => {
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    const { write } = sam.deps.database
    await write('occurrence').update({ digest: newHashes(1)[0] })
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
    const [event] = await journalOf(sam, 'SAM_LOCKED')
    assert.match(String(event?.['reason']), /^the list of activation act-\w+ was changed$/)
    // Put right again by whoever did it: the lock stays.
    await write('occurrence').update({ digest: hashes[0] })
    await sam.stop()
    await sam.start()
    assert.equal(sam.deps.state.name(), 'LOCKED')
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, hashes)), { code: 'unavailable' })
    await accept(sam)
    await sam.stop()
    await sam.start()
    assert.equal(sam.deps.state.name(), 'OPERATIONAL')
  })

  for (const [what, columns] of [
    ['two keys of one signer exchanged', ['version', 'body', 'mac']],
    ['the blob of one key put into another', ['body']],
  ] as const)
    it(`follows from ${what}: neither signs`, async () => {
      const other = await makeSigner(sam, { signer })
      const hashes = newHashes(1)
      const acts = [await authorized(sam, signer, hashes), await authorized(sam, other, hashes)] as const
      const { write } = sam.deps.database
      const row = (id: string): Promise<Record<string, unknown> | undefined> =>
        write('record')
          .where({ kind: 'key', id })
          .first(...columns)
      const [one, two] = [await row(signer.credentialId), await row(other.credentialId)]
      await write('record')
        .where({ kind: 'key', id: signer.credentialId })
        .update({ ...two })
      await write('record')
        .where({ kind: 'key', id: other.credentialId })
        .update({ ...one })
      // A new process: what this one has verified before, it does not read again.
      await sam.stop()
      await sam.start()
      for (const [by, { sad }] of [
        [signer, acts[0]],
        [other, acts[1]],
      ] as const)
        await assert.rejects(sam.ssa.call('sign', signing(by, sad, hashes)), { code: 'unavailable' })
      assert.equal(sam.deps.state.name(), 'LOCKED')
      assert.deepEqual(await journalOf(sam, 'SIGNING'), [])
    })

  it('is running, not ended, when what it must settle at the start cannot be trusted', async () => {
    await authorized(sam, signer, newHashes(1))
    const { write } = sam.deps.database
    const [activation] = await write('activation').pluck<string[]>('id')
    await write('reservation').insert({
      id: 'res-crashed',
      activation_id: activation,
      credential_id: signer.credentialId,
      request_id: 'request-crashed',
      node: 'sam-1',
      incarnation: 'an-earlier-process',
      lease_until: 0,
      state: 'open',
    })
    await write('record')
      .where({ kind: 'key' })
      .update({ mac: Buffer.alloc(32) })
    await sam.stop()
    await sam.start()
    const requestId = newRequestId()
    assert.equal((await sam.ssa.call('status', { requestId })).state, 'LOCKED')
    await accept(sam)
    assert.equal((await sam.ssa.call('status', { requestId })).state, 'OPERATIONAL')
    assert.equal((await journalOf(sam, 'OUTCOME_UNKNOWN')).length, 1)
  })

  for (const [when, incarnation] of [
    ['at the start', 'an-earlier-process'],
    ['when their lease has ended', undefined],
  ] as const)
    it(`lets one broken key keep no other reservation open: ${when}`, async () => {
      const others = [await makeSigner(sam), await makeSigner(sam)] as const
      const signers = [others[0], signer, others[1]]
      for (const each of signers) await authorized(sam, each, newHashes(1))
      const { write } = sam.deps.database
      for (const [index, { credentialId }] of signers.entries())
        await write('reservation').insert({
          id: `res-${index}`,
          activation_id: await activationOf(sam, credentialId),
          credential_id: credentialId,
          request_id: `request-${index}`,
          node: 'sam-1',
          incarnation: incarnation ?? sam.deps.incarnation,
          lease_until: 0,
          state: 'open',
        })
      await write('record')
        .where({ kind: 'key', id: signer.credentialId })
        .update({ mac: Buffer.alloc(32) })
      if (incarnation === undefined)
        await assert.rejects(settleExpired(sam.deps), { name: 'IntegrityFailure' })
      else {
        await sam.stop()
        await sam.start()
      }
      assert.equal(sam.deps.state.name(), 'LOCKED')
      const states = await sam.deps.database.read('reservation').orderBy('id').pluck<string[]>('state')
      assert.deepEqual(states, ['unknown', 'unknown', 'unknown'])
      assert.equal((await journalOf(sam, 'OUTCOME_UNKNOWN')).length, 3)
      const told: unknown = await sam.deps.database.read('notice').orderBy('signer_id').pluck('signer_id')
      assert.deepEqual(told, others.map(({ signerId }) => signerId).sort())
    })
})

async function activationOf(sam: TestSam, credentialId: string): Promise<string | undefined> {
  const ids = await sam.deps.database
    .read('activation')
    .where({ credential_id: credentialId })
    .pluck<string[]>('id')
  return ids[0]
}

function accept(sam: TestSam): Promise<unknown> {
  return sam.officer.call('acceptState', { requestId: newRequestId(), reason: 'restored on purpose' })
}
