import assert from 'node:assert/strict'
import type { Paper } from '../support/checkInvariants.ts'
import { crashAtEach, type Scenario } from '../support/crashAtEach.ts'
import { CrashSite, newPaper } from '../support/crashSite.ts'
import { newRequestId, type TestSigner } from '../support/testSigner.ts'

interface Prepared {
  readonly papers: readonly Paper[]
  readonly sad: string
  readonly requestId: string
}

/** CSC API v1.0.4.0 §11.9 under attacks S17, S18 and F11: kill -9 between any two steps. */
describe('a SAM killed while it signs', () => {
  let site: CrashSite
  let signer: TestSigner
  before(async function () {
    this.timeout(60_000)
    site = await CrashSite.make()
    signer = await site.makeSigner()
  })
  after(() => site.dispose())

  function signing(papers: () => readonly Paper[]): Scenario<Prepared, readonly Buffer[]> {
    return {
      async prepare() {
        const list = papers()
        return { papers: list, sad: await site.authorized(signer, list), requestId: newRequestId() }
      },
      act: ({ papers: list, sad, requestId }) => site.sign(signer, list, sad, requestId),
      async after({ papers: list, sad, requestId }, answer) {
        const wasSpent = await site.hasEntry('SIGNING', requestId)
        if (answer !== undefined) assert.ok(wasSpent, 'a signature left without an intent')
        const again = site.sign(signer, list, sad)
        if (wasSpent) await assert.rejects(again, { code: 'sad_invalid' })
        else assert.equal((await again).length, list.length)
        const isKnown = await site.hasEntry('SIGNED', requestId)
        assert.equal(await site.hasEntry('OUTCOME_UNKNOWN', requestId), wasSpent && !isKnown)
        await site.signsAnew(signer)
      },
    }
  }

  it('signs a hash once or never, whatever the step', async function () {
    this.timeout(180_000)
    const deaths = await crashAtEach(
      site,
      signing(() => [newPaper()]),
    )
    assert.ok(deaths > 20, `${deaths} steps`)
  })

  it('signs each hash of a list once or never, also one that stands in it twice', async function () {
    this.timeout(180_000)
    const list = (): readonly Paper[] => {
      const twice = newPaper()
      return [newPaper(), twice, newPaper(), twice, newPaper()]
    }
    const deaths = await crashAtEach(site, signing(list))
    assert.ok(deaths > 30, `${deaths} steps`)
  })

  it('leaves no code, PIN or SAD in any file (I8)', () => {
    site.checkSecrets()
  })
})
