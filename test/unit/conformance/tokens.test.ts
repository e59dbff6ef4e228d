import assert from 'node:assert/strict'
import { dropToken, tokenOf } from '../../../conformance/acts/login.ts'
import type { Case } from '../../../conformance/case.ts'
import type { Trial } from '../../../conformance/trial.ts'
import { sampleCase } from '../../support/conformance/sampleReport.ts'
import { json, scriptedService, type ScriptedService } from '../../support/conformance/scriptedService.ts'

const LIFE_IN_SECONDS = 1

describe('conformance: tokens of the cases', () => {
  let service: ScriptedService
  let logins: number
  let used: string[]

  before(async () => {
    service = await scriptedService(
      (_, response) => {
        json(response, {})
      },
      undefined,
      undefined,
      (response) => {
        json(response, { access_token: `token ${String(++logins)}`, expires_in: LIFE_IN_SECONDS })
      },
    )
  })
  beforeEach(() => {
    logins = 0
    used = []
  })
  after(() => service.close())

  /** Uses a token, and again after each of the waits. */
  const using = (name: string, ...waits: readonly number[]): Case =>
    sampleCase(name, {
      run: async (trial: Trial) => {
        used.push(`${name}: ${await tokenOf(trial)}`)
        for (const seconds of waits) {
          await trial.wait(seconds)
          used.push(`${name}: ${await tokenOf(trial)}`)
        }
      },
    })

  it('are the same for several cases, and for all of one, which began with half a life left', async () => {
    await service.run([using('one'), using('long', 0.7), using('next')])
    assert.deepEqual(used, ['one: token 1', 'long: token 1', 'long: token 1', 'next: token 2'])
  })

  it('are others when their time is over', async () => {
    await service.run([using('long', 1.1)])
    assert.deepEqual(used, ['long: token 1', 'long: token 2'])
  })

  it('are others where a case drops them', async () => {
    const dropping = sampleCase('dropping', {
      run: async (trial: Trial) => {
        used.push(await tokenOf(trial))
        dropToken(trial)
        used.push(await tokenOf(trial))
      },
    })
    await service.run([dropping])
    assert.deepEqual(used, ['token 1', 'token 2'])
  })
})
