import assert from 'node:assert/strict'
import type { Paper } from '../support/checkInvariants.ts'
import { crashAtEach } from '../support/crashAtEach.ts'
import { CrashSite, newPaper } from '../support/crashSite.ts'
import { newRequestId, type TestSigner } from '../support/testSigner.ts'

const COMPARISON = 'C_Sign chancery-otp-1'

interface Prepared {
  readonly papers: readonly Paper[]
  readonly otp: string
  readonly requestId: string
  /** Where the counter stood. */
  readonly attempts: number
}

/** CSC API v1.0.4.0 §11.6, §11.8 under attack F11 and invariant I7: kill -9 between any two steps. */
describe('a SAM killed while it authorizes', () => {
  let site: CrashSite
  let signer: TestSigner
  before(async function () {
    this.timeout(60_000)
    site = await CrashSite.make()
    signer = await site.makeSigner()
  })
  after(() => site.dispose())

  async function prepare(otpOf: (otp: string) => string): Promise<Prepared> {
    const otp = otpOf(await site.sendOtp(signer))
    return { papers: [newPaper()], otp, requestId: newRequestId(), attempts: await site.attempts(signer) }
  }

  it('takes a right code once, and counts the attempt if it does not know whether it did', async function () {
    this.timeout(300_000)
    const deaths = await crashAtEach(site, {
      prepare: () => prepare((otp) => otp),
      act: ({ papers, otp, requestId }) => site.authorize(signer, papers, otp, requestId),
      async after({ papers, otp, requestId, attempts }, answer) {
        const wasWritten = await site.hasEntry('AUTHORIZED', requestId)
        assert.ok(answer === undefined || wasWritten, 'a SAD left that the ledger does not know')
        const wasCompared = site.lastSteps.includes(COMPARISON)
        const counted = (await site.attempts(signer)) - attempts
        assert.ok(wasWritten || counted >= (wasCompared ? 1 : 0), 'I7: compared and not counted')

        const again = site.authorize(signer, papers, otp)
        if (wasWritten) await assert.rejects(again, { code: 'otp_invalid' })
        else await site.sign(signer, papers, (await again).sad)
        if (answer !== undefined) await site.sign(signer, papers, answer.sad)
        await site.signsAnew(signer)
      },
    })
    assert.ok(deaths > 25, `${deaths} steps`)
  })

  it('never forgets that a wrong code was tried', async function () {
    this.timeout(300_000)
    const wrong = (otp: string): string => `${otp.startsWith('9') ? '0' : '9'}${otp.slice(1)}`
    const deaths = await crashAtEach(site, {
      prepare: () => prepare(wrong),
      // The refusal is an answer too.
      act: ({ papers, otp, requestId }) => refusal(site.authorize(signer, papers, otp, requestId)),
      async after({ attempts }, answer) {
        const mustCount = answer === 'otp_invalid' || site.lastSteps.includes(COMPARISON)
        const counted = (await site.attempts(signer)) - attempts
        assert.ok(counted === 1 || (counted === 0 && !mustCount), `I7: ${counted} attempts were counted`)
        await site.signsAnew(signer)
        assert.equal(await site.attempts(signer), 0)
      },
    })
    assert.ok(deaths > 15, `${deaths} steps`)
  })

  it('locks after five wrong codes, however often it is killed between them', async function () {
    this.timeout(60_000)
    const locked = await site.makeSigner()
    const code = await site.sendOtp(locked)
    const wrong = code === '00000000' ? '11111111' : '00000000'
    for (let tried = 1; tried <= 5; tried++) {
      // The answer never arrives: the SAM dies as soon as it has compared.
      const { answer } = await site.crash({ at: 1, when: 'after', name: COMPARISON }, () =>
        refusal(site.authorize(locked, [newPaper()], wrong)),
      )
      assert.equal(answer, undefined)
      assert.equal(await site.attempts(locked), tried)
    }
    await assert.rejects(site.authorize(locked, [newPaper()], code), { code: 'otp_locked' })
    await site.check()
  })

  it('makes a code that works, or none', async function () {
    this.timeout(300_000)
    await crashAtEach(site, {
      prepare: async () => ({ before: await site.sendOtp(signer), papers: [newPaper()] }),
      act: () => site.sendOtp(signer),
      async after({ before, papers }, answer) {
        const newest = site.codeOf(signer)
        if (answer !== undefined) assert.equal(newest, answer)
        // Killed between the write and the delivery: the old code is void and the new one unknown. Ask again.
        const sad = await site.authorize(signer, papers, newest).catch((error: unknown) => refusalOf(error))
        if (typeof sad !== 'string') await site.sign(signer, papers, sad.sad)
        else assert.ok(newest === before, 'a code was delivered that does not work')
        await site.signsAnew(signer)
      },
    })
  })

  it('leaves no code, PIN or SAD in any file (I8)', () => {
    site.checkSecrets()
  })
})

async function refusal(answer: Promise<unknown>): Promise<string> {
  return answer.then(() => 'authorized', refusalOf)
}

/** The code of a refusal by a living SAM; a lost answer flies on. */
function refusalOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'otp_invalid') return error.code
  throw error
}
