import assert from 'node:assert/strict'
import { CrashSite, newPaper } from '../support/crashSite.ts'
import { makeKillPlan, type KillPoint } from '../support/killPlan.ts'
import { makeSamFolder } from '../support/samFolder.ts'
import { runProvision, startSamProcess } from '../support/samProcess.ts'
import { runSeed, sample, seeded } from '../support/seeded.ts'
import { newRequestId, type TestSigner } from '../support/testSigner.ts'

const POINTS = 12
const PROVISION_POINTS = 6

/** Attack F11 while the SAM puts right what an earlier death left: the second death must leave no more than the first. */
describe('a SAM killed while it starts', () => {
  let site: CrashSite
  let signer: TestSigner
  before(async function () {
    this.timeout(60_000)
    site = await CrashSite.make()
    signer = await site.makeSigner()
  })
  after(() => site.dispose())

  it('settles what an earlier process left open, once', async function () {
    this.timeout(240_000)
    const count = (await leaveOpenAndStart(undefined)).length
    assert.ok(count > 10, `${count} steps`)
    const random = seeded(runSeed())
    const all = Array.from({ length: count }, (_, index): KillPoint => ({ at: index + 1, when: 'after' }))
    for (const dying of sample(all, POINTS, random)) {
      try {
        await leaveOpenAndStart(dying)
      } catch (error) {
        throw new Error(`killed after step ${dying.at} of a start`, { cause: error })
      }
    }
  })

  /** A death between intent and outcome, then a start that dies too, if asked. Returns the steps of the last start. */
  async function leaveOpenAndStart(dying: KillPoint | undefined): Promise<readonly string[]> {
    const papers = [newPaper()]
    const sad = await site.authorized(signer, papers)
    const requestId = newRequestId()
    const act = (): Promise<unknown> => site.sign(signer, papers, sad, requestId)
    const { answer } = await site.crash({ at: 1, when: 'before', name: 'C_UnwrapKeyAsync' }, act, dying)
    assert.equal(answer, undefined)
    const steps = site.plan.steps()
    assert.ok(await site.hasEntry('OUTCOME_UNKNOWN', requestId))
    await assert.rejects(site.sign(signer, papers, sad), { code: 'sad_invalid' })
    await site.signsAnew(signer)
    await site.check()
    return steps
  }
})

describe('provisioning a SAM', () => {
  it('says of a token without a PIN what is to be done', async () => {
    const folder = await makeSamFolder()
    const plan = makeKillPlan()
    plan.set({ at: 1, when: 'after', name: 'C_InitToken' })
    assert.equal((await runProvision(folder, plan)).ending, 'SIGKILL')
    plan.set()
    const { ending, output } = await runProvision(folder, plan)
    assert.ok(ending !== 0 && output.includes('has no PIN'), output)
    await folder.dispose()
  })

  it('goes on where an earlier run was killed', async function () {
    this.timeout(240_000)
    const random = seeded(runSeed())
    const plan = makeKillPlan()
    const names = await provisionedAt(undefined)
    const all = names.map((_, index): KillPoint => ({
      at: index + 1,
      when: random() < 0.5 ? 'before' : 'after',
    }))
    const inKeys: KillPoint = { at: 3, when: 'after', name: 'C_GenerateKey' }
    // A token that has no PIN yet is the one thing that is not gone on with.
    const others = all.filter(({ at }) => !names[at - 1]?.startsWith('C_Init'))
    for (const point of [inKeys, ...sample(others, PROVISION_POINTS, random)]) {
      try {
        await provisionedAt(point)
      } catch (error) {
        const step = `${point.when} step ${point.at}, ${names[point.at - 1] ?? ''}`
        throw new Error(`killed ${step}: ${error instanceof Error ? error.message : ''}`, { cause: error })
      }
    }

    /** Provisions a new folder, dies at `point`, provisions again, starts. Returns the steps of the first run. */
    async function provisionedAt(point: KillPoint | undefined): Promise<readonly string[]> {
      const folder = await makeSamFolder()
      plan.set(point)
      const first = await runProvision(folder, plan)
      assert.equal(first.ending, point === undefined ? 0 : 'SIGKILL', first.output)
      const steps = plan.steps()
      plan.set()
      const second = await runProvision(folder, plan)
      assert.equal(second.ending, 0, second.output)
      const sam = await startSamProcess(folder)
      const { state } = await sam.ssa.call('status', { requestId: newRequestId() })
      assert.equal(state, 'OPERATIONAL')
      await sam.end('SIGTERM')
      await folder.dispose()
      return steps
    }
  })
})
