import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { authorization, newHashes, sentCode } from '../../support/samActs.ts'

describe('a right code that is late', () => {
  let sam: TestSam
  let signer: TestSigner
  beforeEach(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
  })
  afterEach(() => sam.dispose())

  /** Holds the next authorization between its comparison and its write. */
  function holdNext(): { readonly reached: Promise<void>; letGo(): void } {
    const { ledger } = sam.deps
    const original = ledger.newSad.bind(ledger)
    let letGo = (): void => undefined
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const reached = new Promise<void>((resolve) => {
      ledger.newSad = async () => {
        ledger.newSad = original
        resolve()
        await held
        return original()
      }
    })
    return { reached, letGo }
  }

  async function guess(times: number): Promise<void> {
    for (let time = 0; time < times; time++)
      await assert.rejects(
        sam.ssa.call('authorize', authorization(signer, newHashes(1), { otp: '00000000' })),
        {
          code: 'otp_invalid',
        },
      )
  }

  const factorState = async (): Promise<string | undefined> => {
    const { factors } = await sam.ssa.call('factors', {
      requestId: newRequestId(),
      signerId: signer.signerId,
    })
    return factors.find((factor) => factor.kind === 'otp')?.state
  }

  it('does not undo a lock that was made meanwhile', async () => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const hold = holdNext()
    const late = sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
    late.catch(() => undefined)
    await hold.reached
    await guess(4)
    assert.equal(await factorState(), 'LOCKED')
    hold.letGo()
    await assert.rejects(late, { code: 'otp_locked' })
    assert.equal(await factorState(), 'LOCKED')
  })

  it('is taken when it was the last attempt itself', async () => {
    await guess(4)
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const { grade } = await sam.ssa.call('authorize', authorization(signer, hashes, { otp }))
    assert.equal(grade, 'bound-otp')
    assert.equal(await factorState(), 'ACTIVE')
  })
})
