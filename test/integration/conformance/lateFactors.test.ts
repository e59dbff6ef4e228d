import assert from 'node:assert/strict'
import { readAccount } from '../../../conformance/account/readAccount.ts'
import { CASES } from '../../../conformance/cases/all.ts'
import { conductRuns } from '../../../conformance/run/conductRuns.ts'
import { memberOf } from '../../support/bodyOf.ts'
import { conformanceSite, type ConformanceSite } from '../../support/conformanceSite.ts'
import { faultyService, isRefusal, json, type Defect } from '../../support/faultyService.ts'

const NEVER_KNOWN = 'SAD-of-a-wrong-code'

/** Gives a SAD for a wrong code, and refuses it, or does not, when it shall sign: `refusal` is what it says then. */
function checkingWhenItSigns(refusal: object, status: number): Defect {
  return async (wire, forward) => {
    if (wire.method.endsWith('signHash') && memberOf(wire.body, 'SAD') === NEVER_KNOWN)
      return json(status, refusal)
    const reply = await forward(wire)
    const isWrong =
      isRefusal(reply, 'The OTP is invalid') || isRefusal(reply, 'The authentication data is invalid')
    return isWrong ? json(200, { SAD: NEVER_KNOWN, expiresIn: 12 }) : reply
  }
}

describe('the conformance suite against a service that checks factors late', function () {
  this.timeout(240_000)

  async function outcomesOf(accountFile: string, only: readonly string[]): Promise<readonly string[]> {
    const account = await readAccount(accountFile)
    const { runs } = await conductRuns(
      account,
      { account: '', api: ['v1', 'v2'], only, destructive: true, maxWait: 0 },
      { cases: CASES },
    )
    return runs.flatMap(({ results }) =>
      results.map(({ case: one, outcome, reason }) => `${outcome}: ${one.id}${reason && `: ${reason}`}`),
    )
  }

  describe('after it gave a handle (CSC API v2.0.0.2 §8.3.1.1, §11.7)', () => {
    let site: ConformanceSite

    before(async () => {
      site = await conformanceSite({ authorization: { waitSeconds: 0 } })
    })
    after(() => site.dispose())

    it('follows the handle to the end, and sees the rows of credentials/authorizeCheck', async () => {
      const only = [
        'v2 credentials/authorizeCheck',
        'v2 credentials/authorize factor-wrong',
        'v2 signatures/signHash rsa',
      ]
      const outcomes = await outcomesOf(await site.accountFile(), only)
      for (const name of ['outcome', 'foreign-handle', 'factor-wrong', 'locked'])
        assert.ok(outcomes.includes(`passed: v2 credentials/authorizeCheck ${name}`), name)
      assert.deepEqual(
        outcomes.filter((one) => !one.startsWith('passed')),
        [],
      )
    })
  })

  describe('when it signs', () => {
    let site: ConformanceSite
    const only = ['signHash otp-of-the-sad-invalid', 'authorize otp-invalid', 'authorize code-wrong']
    const ids = [
      'v1 credentials/authorize otp-invalid',
      'v1 signatures/signHash otp-of-the-sad-invalid',
      'v2 credentials/authorize code-wrong',
      'v2 signatures/signHash otp-of-the-sad-invalid',
    ]

    before(async () => {
      site = await conformanceSite()
    })
    after(() => site.dispose())

    async function against(defect: Defect): Promise<readonly string[]> {
      const faulty = await faultyService({ origin: site.origin, ca: site.service.ssa.ca }, defect)
      try {
        return await outcomesOf(await site.accountFile(faulty), only)
      } finally {
        await faulty.close()
      }
    }

    it('passes when signing refuses the code', async () => {
      const refusal = { error: 'invalid_otp', error_description: 'The OTP is invalid' }
      assert.deepEqual(
        await against(checkingWhenItSigns(refusal, 400)),
        ids.map((id) => `passed: ${id}`),
      )
    })

    it('fails when nothing ever refuses the code', async () => {
      const outcomes = await against(checkingWhenItSigns({ signatures: ['AQID'] }, 200))
      assert.deepEqual(
        outcomes.map((one) => one.replace(/ “.*/, '')),
        ids.map((id) => `failed: ${id}: expected 400 invalid_otp`),
      )
    })

    it('is not offered where the code is refused before', async () => {
      const reason = 'a wrong OTP was refused when it was to authorize, so that there is no SAD for one'
      assert.deepEqual(await against((wire, forward) => forward(wire)), [
        `passed: ${ids[0] ?? ''}`,
        `not-offered: ${ids[1] ?? ''}: ${reason}`,
        `passed: ${ids[2] ?? ''}`,
        `not-offered: ${ids[3] ?? ''}: ${reason}`,
      ])
    })
  })
})
