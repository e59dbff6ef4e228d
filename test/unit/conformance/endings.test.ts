import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { post } from '../../../conformance/acts/post.ts'
import type { Case } from '../../../conformance/case.ts'
import { V1 } from '../../../conformance/cases/v1/all.ts'
import { answered } from '../../../conformance/expect.ts'
import type { Trial } from '../../../conformance/trial.ts'
import { sampleCase } from '../../support/conformance/sampleReport.ts'
import {
  json,
  scriptedService,
  type Ran,
  type ScriptedService,
} from '../../support/conformance/scriptedService.ts'

const asking = async (trial: Trial): Promise<void> => {
  answered(await post(trial, 'signatures/signHash', {}))
}

function outcomesOf({ results }: Ran): readonly (readonly string[])[] {
  return results.map(({ id, outcome, reason }) => [
    id.replace('v1 signatures/signHash ', ''),
    outcome,
    reason,
  ])
}

describe('conformance: a service that ends during the run', function () {
  this.timeout(30_000)
  let service: ScriptedService

  /** It ends, or only drops the connection, when `credentials/list` is asked for. */
  async function servedBy(onList: (response: ServerResponse) => void): Promise<void> {
    service = await scriptedService((request, response) => {
      if (request.path.endsWith('list')) onList(response)
      else json(response, {})
    })
  }
  afterEach(() => service.close().catch(() => undefined))

  const listing = (more: Partial<Case> = {}): Case =>
    sampleCase('listing', {
      ...more,
      run: async (trial: Trial) => {
        answered(await post(trial, 'credentials/list', {}))
      },
    })
  const waiting = sampleCase('waiting', {
    waits: 'for something to expire',
    run: async (trial: Trial) => {
      await trial.wait(3600)
    },
  })
  const others = [sampleCase('third', { run: asking }), sampleCase('fourth', { run: asking })]
  const GONE = 'the service stopped answering at v1 signatures/signHash listing'

  it('fails once; the rest is not run, and the report says why', async () => {
    await servedBy(() => void service.close())
    const began = performance.now()
    const page = join(service.folder, 'report.html')
    const xml = join(service.folder, 'report.xml')
    const cases = [sampleCase('first', { run: asking }), waiting, listing(), ...others]
    const ran = await service.run(cases, '--report', page, '--junit', xml)
    assert.ok(performance.now() - began < 10_000)
    assert.deepEqual(outcomesOf(ran), [
      ['first', 'passed', ''],
      ['waiting', 'not-run', GONE],
      ['listing', 'failed', 'POST credentials/list got no answer: other side closed'],
      ['third', 'not-run', GONE],
      ['fourth', 'not-run', GONE],
    ])
    assert.equal(ran.exitCode, 1)
    assert.match(
      ran.out,
      /1 passed, 1 failed, 3 not run\n {4}It could not go on: the service stopped answering/,
    )
    for (const file of [page, xml]) assert.ok(readFileSync(file, 'utf8').includes(GONE))
    const [read] = [readFileSync(join(service.folder, 'reports', 'report.json'), 'utf8')]
    assert.ok(read.includes(`"halted": "${GONE}"`))
  })

  it('is told by the exit code, also where only a SHOULD saw it', async () => {
    await servedBy(() => void service.close())
    const ran = await service.run([listing({ level: 'SHOULD' }), ...others])
    assert.deepEqual(
      ran.results.map(({ outcome }) => outcome),
      ['warned', 'not-run', 'not-run'],
    )
    assert.equal(ran.exitCode, 1)
  })

  it('is not one that only dropped a connection', async () => {
    await servedBy((response) => response.destroy())
    const ran = await service.run([listing(), ...others])
    assert.deepEqual(
      ran.results.map(({ outcome }) => outcome),
      ['failed', 'passed', 'passed'],
    )
  })
})

describe('conformance: a service whose `info` cannot be read', () => {
  const answers: readonly [string, (response: ServerResponse) => void, RegExp][] = [
    [
      'is answered 500',
      (response) => {
        json(response, { error: 'server_error' }, 500)
      },
      /^expected 200 with a body, got 500 \{"error":"server_error"\}$/,
    ],
    [
      'is no JSON',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello'),
      /^the body of a 200 is no JSON object: 200 <p>hello$/,
    ],
  ]
  for (const [title, answerInfo, expected] of answers)
    it(`gets a report when it ${title}: one case fails, the rest is not run`, async () => {
      const service = await scriptedService(
        (_, response) => {
          json(response, {})
        },
        [],
        answerInfo,
      )
      try {
        const page = join(service.folder, 'report.html')
        const ran = await service.run(V1, '--report', page)
        const [failed, ...more] = ran.results.filter(({ outcome }) => outcome !== 'not-run')
        assert.deepEqual([failed?.id, failed?.outcome, more], ['v1 info without-token', 'failed', []])
        assert.match(failed?.reason ?? '', expected)
        const reasons = new Set(ran.results.filter((one) => one !== failed).map(({ reason }) => reason))
        assert.deepEqual([...reasons], [`\`info\` cannot be read: ${failed?.reason ?? ''}`])
        assert.equal(ran.results.length, V1.length)
        assert.equal(ran.exitCode, 1)
        assert.match(readFileSync(page, 'utf8'), /it ended early, one case failed/)
        const others = service.received.filter(({ path }) => path !== '/csc/v1/info')
        assert.deepEqual(others, [])
        const some = await service.run(V1, '--only', 'timestamp')
        assert.ok(some.results.every(({ outcome }) => outcome === 'not-run'))
        assert.equal(some.exitCode, 1)
      } finally {
        await service.close()
      }
    })
})
