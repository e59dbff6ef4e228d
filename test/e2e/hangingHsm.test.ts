import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFaultModule, type FaultModule } from '../support/faultModule.ts'
import { ECDSA_SHA256 } from '../support/samActs.ts'
import { makeSamFolder, type SamFolder } from '../support/samFolder.ts'
import { runProvision, startSamProcess, type SamProcess } from '../support/samProcess.ts'
import { makeSoftHsm } from '../support/softhsm.ts'
import { makeSigner, newRequestId, type TestSigner } from '../support/testSigner.ts'

const CALL_SECONDS = 1

/** Attack F02. The supervisor starts a process again that ended so: `supervision.test.ts`. */
describe('a SAM whose PKCS#11 module hangs', () => {
  let site: SamFolder
  let fault: FaultModule
  let sam: SamProcess
  let signer: TestSigner

  before(async function () {
    this.timeout(60_000)
    const softHsm = await makeSoftHsm()
    fault = await makeFaultModule(softHsm)
    const { module, environment } = fault
    site = await makeSamFolder({ softHsm, module, environment, callSeconds: CALL_SECONDS })
    const { ending, output } = await runProvision(site)
    assert.equal(ending, 0, output)
    sam = await startSamProcess(site)
    signer = await makeSigner({ ...sam, issuer: site.issuer })
  })
  after(async () => {
    await sam.end()
    await site.dispose()
  })

  async function authorized(hashes: readonly Buffer[]): Promise<string> {
    const { signerId, clientId, credentialId, familyId } = signer
    const act = { signerId, clientId, credentialId }
    await sam.ssa.call('sendOtp', { requestId: newRequestId(), ...act })
    const otp = (await site.outbox()).at(-1)?.code
    const request = { requestId: newRequestId(), ...act, familyId, numberOfSignatures: hashes.length }
    return (await sam.ssa.call('authorize', { ...request, hashes, otp })).sad
  }

  async function sign(sad: string, hashes: readonly Buffer[]): Promise<number> {
    const { signerId, clientId, credentialId, familyId } = signer
    const act = { requestId: newRequestId(), signerId, clientId, credentialId, familyId }
    const answer = await sam.ssa.call('sign', { ...act, sad, hashes, signAlgorithm: ECDSA_SHA256 })
    return answer.signatures.length
  }

  async function restarted(): Promise<void> {
    fault.clear()
    sam = await startSamProcess(site)
    const { state } = await sam.ssa.call('status', { requestId: newRequestId() })
    assert.equal(state, 'OPERATIONAL')
  }

  const newHashes = (): readonly Buffer[] => [randomBytes(32)]

  it('refuses, ends, and gives back what no signing call was made for', async function () {
    this.timeout(30_000)
    const hashes = newHashes()
    const sad = await authorized(hashes)
    fault.set({ call: 'C_UnwrapKey', fault: 'hang', last: 1 })
    await assert.rejects(sign(sad, hashes), { code: 'unavailable' })
    assert.equal(await sam.ended, 'SIGKILL')
    await restarted()
    assert.equal(await sign(sad, hashes), 1)
  })

  it('ends when a call hangs that holds its main thread', async function () {
    this.timeout(30_000)
    const hashes = newHashes()
    const sad = await authorized(hashes)
    // A short MAC, which the code needs, is made on the main thread.
    fault.set({ call: 'C_Sign', fault: 'hang' })
    await assert.rejects(authorized(newHashes()), { code: 'unavailable' })
    assert.equal(await sam.ended, 'SIGKILL')
    await restarted()
    assert.equal(await sign(sad, hashes), 1)
  })

  it('does not take a process that was frozen for one that hangs', async function () {
    this.timeout(30_000)
    const hashes = newHashes()
    const sad = await authorized(hashes)
    process.kill(sam.pid, 'SIGSTOP')
    const signing = sign(sad, hashes)
    await sleep(5000 * CALL_SECONDS)
    process.kill(sam.pid, 'SIGCONT')
    assert.equal(await signing, 1)
    await sleep(2000)
    assert.equal(await sign(await authorized(hashes), hashes), 1)
  })
})
