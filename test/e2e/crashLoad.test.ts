import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { SapFailure } from '../../sap/errors.ts'
import { CrashSite, newPaper } from '../support/crashSite.ts'
import { runSeed, seeded } from '../support/seeded.ts'
import type { TestSigner } from '../support/testSigner.ts'

const DEATHS = 20
const SIGNERS = 4
const LONGEST_LIFE_MS = 600

/** Attack F11: kill -9 at any moment, with several requests under way in one commit group. */
describe('a SAM killed under load', () => {
  let site: CrashSite
  before(async function () {
    this.timeout(60_000)
    site = await CrashSite.make()
  })
  after(() => site.dispose())

  it('keeps every invariant over twenty deaths at random times', async function () {
    this.timeout(240_000)
    const random = seeded(runSeed())
    const signers: TestSigner[] = []
    for (let count = 0; count < SIGNERS; count++) signers.push(await site.makeSigner())
    let signed = 0
    for (let death = 1; death <= DEATHS; death++) {
      const loads = signers.map((signer) => signUntilItDies(site, signer, 1 + Math.floor(random() * 4)))
      await sleep(random() * LONGEST_LIFE_MS)
      await site.sam.end()
      for (const count of await Promise.all(loads)) signed += count
      await site.restart()
      await site.check()
    }
    assert.ok(signed > DEATHS, `only ${signed} lists were signed`)
    for (const signer of signers) await site.signsAnew(signer)
    await site.check()
  })

  it('leaves no code, PIN or SAD in any file (I8)', () => {
    site.checkSecrets()
  })
})

/** Lists of `length` papers, one after the other. Returns how many came back signed. */
async function signUntilItDies(site: CrashSite, signer: TestSigner, length: number): Promise<number> {
  for (let count = 0; ; count++) {
    const papers = Array.from({ length }, newPaper)
    try {
      await site.sign(signer, papers, await site.authorized(signer, papers))
    } catch (error) {
      if (error instanceof SapFailure && error.code === 'unavailable') return count
      throw error
    }
  }
}
