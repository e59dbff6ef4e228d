import assert from 'node:assert/strict'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { authorization, newHashes, refused, totpOf } from '../../support/samActs.ts'

const NEW_PIN = 'n3w-Pin4'

describe('SAM: a PIN that is another secret of the signer (O16)', () => {
  let sam: TestSam
  let signer: TestSigner
  before(async () => {
    sam = await buildSam({ config: { factorChange: { waitingSeconds: 0 } } })
  })
  beforeEach(async () => {
    signer = await makeSigner(sam, { policy: 'totp-pin' })
  })
  after(() => sam.dispose())

  const caller = () => ({ requestId: newRequestId(), signerId: signer.signerId, clientId: signer.clientId })
  const begun = (pin: string) =>
    sam.ssa.call('beginFactorChange', { ...caller(), kind: 'pin', action: 'set', pin })
  const reset = (pin: string) =>
    sam.ra.call('resetFactor', {
      requestId: newRequestId(),
      signerId: signer.signerId,
      factorId: `pin.${signer.signerId}`,
      reason: 'forgotten',
      pin,
    })
  const attempts = async (kind: string): Promise<number> =>
    (await sam.deps.records.read('factor', `${kind}.${signer.signerId}`))?.value.attempts ?? -1

  it('is never set to itself by a change, which says so only to who proves it', async () => {
    const { changeId } = await begun(signer.pin)
    const otp = await sam.lastCode()
    await refused(sam, 'otp_invalid', () =>
      sam.ssa.call('confirmFactorChange', { ...caller(), changeId, otp: '00000000' }),
    )
    await refused(sam, 'pin_too_weak', () =>
      sam.ssa.call('confirmFactorChange', { ...caller(), changeId, otp }),
    )
    const { changeId: other } = await begun(NEW_PIN)
    await sam.ssa.call('confirmFactorChange', { ...caller(), changeId: other, otp: await sam.lastCode() })
  })

  it('is never set to itself by a reset', async () => {
    await refused(sam, 'pin_too_weak', () => reset(signer.pin))
    await reset(NEW_PIN)
    await refused(sam, 'pin_too_weak', () => reset(NEW_PIN))
  })

  it('is no second factor where it is the code, though both are right; the attempt counts', async () => {
    const totp = totpOf(signer)
    await reset(totp)
    const hashes = newHashes(1)
    for (const code of [totp, `${totp.slice(0, 3)} ${totp.slice(3)}`])
      await refused(sam, 'pin_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { totp: code, pin: totp })),
      )
    assert.equal(await attempts('pin'), 2)
    const next = totpOf(signer, 1)
    await sam.ssa.call('authorize', authorization(signer, hashes, { totp: next, pin: totp }))
  })
})
