import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { inOrder, type Case } from '../../../conformance/case.ts'
import { Refuted } from '../../../conformance/outcome.ts'
import { terminalReport } from '../../../conformance/report/terminal.ts'
import type { Trial } from '../../../conformance/trial.ts'
import { sampleCase, sampleResult } from '../../support/conformance/sampleReport.ts'
import { json, scriptedService, type ScriptedService } from '../../support/conformance/scriptedService.ts'

const TOGETHER = { waits: 'for a SAD to expire' }
const ALONE = { waits: 'for an OTP to expire', alone: 'a newer code may end it' }

describe('conformance: cases that wait', () => {
  let service: ScriptedService
  let seen: string[]

  before(async () => {
    service = await scriptedService((_, response) => {
      json(response, {})
    })
  })
  beforeEach(() => {
    seen = []
  })
  after(() => service.close())

  /** Tells `name 1`, lets time go by, and tells `name 2`. */
  function telling(name: string, seconds: number, more: Partial<Case> = {}): Case {
    return sampleCase(name, {
      run: async (trial: Trial) => {
        seen.push(`${name} 1`)
        await trial.wait(seconds)
        seen.push(`${name} 2`)
      },
      ...more,
    })
  }

  it('wait together, what follows acts meanwhile, and results keep their order', async () => {
    const { results, out } = await service.run([
      telling('long', 0.3, TOGETHER),
      telling('short', 0.1, TOGETHER),
      sampleCase('failing', { run: () => Promise.reject(new Refuted('no')) }),
    ])
    assert.deepEqual(seen, ['long 1', 'short 1', 'short 2', 'long 2'])
    assert.deepEqual(
      results.map(({ id, outcome }) => `${id} ${outcome}`),
      [
        'v1 signatures/signHash long passed',
        'v1 signatures/signHash short passed',
        'v1 signatures/signHash failing failed',
      ],
    )
    assert.match(out, /3 cases: 2 passed, 1 failed/)
  })

  it('act one at a time', async () => {
    await service.run([
      telling('waiting', 0.05, TOGETHER),
      sampleCase('acting', {
        run: async () => {
          seen.push('acting 1')
          await sleep(200)
          seen.push('acting 2')
        },
      }),
    ])
    assert.deepEqual(seen, ['waiting 1', 'acting 1', 'acting 2', 'waiting 2'])
  })

  it('have nobody act meanwhile where they have to be alone, or do not say that they wait', async () => {
    await service.run([telling('early', 0.05, TOGETHER), telling('alone', 0.2, ALONE), telling('last', 0.01)])
    assert.deepEqual(seen, ['early 1', 'alone 1', 'alone 2', 'last 1', 'last 2', 'early 2'])
  })

  it('keep what they learned, whatever others learn meanwhile', async () => {
    const learning = (name: string, seconds: number, more: Partial<Case>): Case =>
      sampleCase(name, {
        run: async (trial: Trial) => {
          trial.learned.set('token', name)
          await trial.wait(seconds)
          seen.push(`${name}: ${String(trial.learned.get('token'))}`)
        },
        ...more,
      })
    await service.run([
      learning('one', 0.1, TOGETHER),
      learning('other', 0.2, TOGETHER),
      learning('last', 0, {}),
    ])
    assert.deepEqual(seen, ['last: last', 'one: one', 'other: other'])
  })

  it('let the others go on when one of them fails', async () => {
    const failing = sampleCase('failing', {
      ...TOGETHER,
      run: async (trial: Trial) => {
        await trial.wait(0.05)
        throw new Refuted('still good')
      },
    })
    const { results } = await service.run([failing, telling('good', 0.1, TOGETHER)])
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['failed', 'passed'],
    )
  })

  it('come after the rest, together first, alone last', () => {
    const [alone, locking, waiting, usual] = [
      sampleCase('alone', ALONE),
      sampleCase('locking', { destructive: 'locks the PIN' }),
      sampleCase('waiting', TOGETHER),
      sampleCase('usual'),
    ]
    assert.deepEqual(inOrder([alone, locking, waiting, usual]), [usual, waiting, alone, locking])
  })

  it('are told on a terminal while they wait', () => {
    const told: string[] = []
    const progress = { isTTY: true, write: (text: string) => told.push(text) }
    const terminal = terminalReport({ write: () => undefined }, progress)
    const [one, other] = [sampleCase('one', TOGETHER), sampleCase('other', TOGETHER)]
    terminal.onStart(one, 0, 2)
    terminal.onStart(other, 1, 2)
    terminal.onResult(sampleResult('passed', { case: one }))
    terminal.onResult(sampleResult('passed', { case: other }))
    assert.deepEqual(
      told.map((text) => text.replace('\r\u001b[2K', '')),
      [
        '1/2 v1 signatures/signHash one',
        '2/2 v1 signatures/signHash other (while one case waits)',
        '',
        'one case waits for something to expire',
        '',
      ],
    )
  })
})
