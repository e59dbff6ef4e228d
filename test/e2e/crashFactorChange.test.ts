import assert from 'node:assert/strict'
import type { SamAnswer } from '../../sap/operations.ts'
import { crashAtEach } from '../support/crashAtEach.ts'
import { CrashSite } from '../support/crashSite.ts'
import type { KillPoint } from '../support/killPlan.ts'
import { runSeed, sample, seeded } from '../support/seeded.ts'
import { newRequestId, type TestSigner } from '../support/testSigner.ts'

const POINTS = 10
const NEW_PIN = 'n3w-Pin4'

interface Asked {
  readonly signer: TestSigner
  readonly requestId: string
  readonly changeId: string
  readonly otp: string
}

/** Attack F11 for the life of factors: kill -9 between the steps, at a sample of them. */
describe('a SAM killed while a factor changes', () => {
  let site: CrashSite
  let choose: (points: readonly KillPoint[]) => readonly KillPoint[]
  before(async function () {
    this.timeout(60_000)
    const random = seeded(runSeed())
    choose = (points) => sample(points, POINTS, random)
    site = await CrashSite.make()
  })
  after(() => site.dispose())

  const begin = async (signer: TestSigner, requestId = newRequestId()): Promise<Asked> => {
    const { signerId, clientId } = signer
    const wish = { requestId, signerId, clientId, kind: 'pin', action: 'set', pin: NEW_PIN } as const
    const { changeId } = await site.sam.ssa.call('beginFactorChange', wish)
    return { signer, requestId: newRequestId(), changeId, otp: site.codeOf(signer) }
  }
  const confirm = ({ signer, requestId, changeId, otp }: Asked): Promise<unknown> => {
    const { signerId, clientId } = signer
    return site.sam.ssa.call('confirmFactorChange', { requestId, signerId, clientId, changeId, otp })
  }
  const factors = async ({ signerId }: TestSigner): Promise<SamAnswer<'factors'>['factors']> =>
    (await site.sam.ssa.call('factors', { requestId: newRequestId(), signerId })).factors
  const isWaiting = async (signer: TestSigner): Promise<boolean> =>
    (await factors(signer)).some(({ kind, change }) => kind === 'pin' && change !== undefined)

  it('has a change that was proved, or none, and can be asked again', async function () {
    this.timeout(240_000)
    await crashAtEach(
      site,
      {
        prepare: async () => begin(await site.makeSigner()),
        act: confirm,
        async after(asked, answer) {
          const isProved = await site.hasEntry('FACTOR_CHANGE_PROVED', asked.requestId)
          assert.ok(answer === undefined || isProved)
          assert.equal(await isWaiting(asked.signer), isProved)
          // Of a change that exists, the old destination was told.
          if (isProved) assert.ok(site.messagesTo(asked.signer).includes('A new signing PIN was set for you'))
          await confirm({ ...asked, requestId: newRequestId() })
          assert.ok(await isWaiting(asked.signer))
          await site.signsAnew(asked.signer)
        },
      },
      choose,
    )
  })

  it('asks for a change, or not, and the next one is proved', async function () {
    this.timeout(240_000)
    await crashAtEach(
      site,
      {
        prepare: async () => ({ signer: await site.makeSigner(), requestId: newRequestId() }),
        act: ({ signer, requestId }) => begin(signer, requestId),
        async after({ signer }) {
          assert.ok(!(await isWaiting(signer)))
          await confirm(await begin(signer))
          assert.ok(await isWaiting(signer))
        },
      },
      choose,
    )
  })

  it('resets a factor, or not, and drops what waited with it', async function () {
    this.timeout(240_000)
    const reset = (signer: TestSigner, requestId: string): Promise<unknown> => {
      const { signerId } = signer
      const factorId = `pin.${signerId}`
      return site.sam.ra.call('resetFactor', {
        requestId,
        signerId,
        factorId,
        reason: 'test',
        pin: 'r3set-Pin',
      })
    }
    await crashAtEach(
      site,
      {
        async prepare() {
          const asked = await begin(await site.makeSigner())
          await confirm(asked)
          return { signer: asked.signer, requestId: newRequestId() }
        },
        act: ({ signer, requestId }) => reset(signer, requestId),
        async after({ signer, requestId }, answer) {
          const isReset = await site.hasEntry('FACTOR_RESET', requestId)
          assert.ok(answer === undefined || isReset)
          assert.equal(await isWaiting(signer), !isReset)
          // What was reset has this PIN by now, and a PIN is not set twice.
          if (isReset) await assert.rejects(reset(signer, newRequestId()), { code: 'pin_too_weak' })
          else await reset(signer, newRequestId())
          assert.ok(!(await isWaiting(signer)))
        },
      },
      choose,
    )
  })

  it('enrols a factor, or lets it be enrolled again', async function () {
    this.timeout(240_000)
    await crashAtEach(
      site,
      {
        async prepare() {
          const subject = { requestId: newRequestId(), commonName: 'Bo Test', country: 'DK' }
          return { ...(await site.sam.ra.call('createSigner', subject)), requestId: newRequestId() }
        },
        act: (request) => site.sam.ra.call('enrolTotp', request),
        async after({ signerId, requestId }, answer) {
          const isEnrolled = await site.hasEntry('FACTOR_ENROLLED', requestId)
          assert.ok(answer === undefined || isEnrolled)
          const { factors: listed } = await site.sam.ssa.call('factors', {
            requestId: newRequestId(),
            signerId,
          })
          assert.equal(listed.length, isEnrolled ? 1 : 0)
          const again = site.sam.ra.call('enrolTotp', { requestId: newRequestId(), signerId })
          if (isEnrolled) await assert.rejects(again, { code: 'factor_exists' })
          else assert.match((await again).otpauthUri, /^otpauth:/)
        },
      },
      choose,
    )
  })
})
