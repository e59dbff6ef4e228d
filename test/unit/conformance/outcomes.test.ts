import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { post } from '../../../conformance/acts/post.ts'
import type { Case } from '../../../conformance/case.ts'
import { answered } from '../../../conformance/expect.ts'
import { NotOffered, NotRun, Refuted } from '../../../conformance/outcome.ts'
import type { Trial } from '../../../conformance/trial.ts'
import { sampleCase } from '../../support/conformance/sampleReport.ts'
import { json, scriptedService, type ScriptedService } from '../../support/conformance/scriptedService.ts'

function throwing(cause: Error, more: Partial<Case> = {}): Case {
  return sampleCase('one', { run: () => Promise.reject(cause), ...more })
}

const PASSING = sampleCase('passing')

describe('conformance: outcomes', () => {
  let service: ScriptedService

  before(async () => {
    service = await scriptedService((request, response) => {
      if (request.path.endsWith('list')) response.destroy()
      else json(response, { error: 'invalid_request' }, 400)
    })
  })
  after(() => service.close())

  async function outcomeOf(
    one: Case,
    ...more: readonly string[]
  ): Promise<readonly [string, string, number]> {
    const { results, exitCode } = await service.run([one], ...more)
    return [results[0]?.outcome ?? '', results[0]?.reason ?? '', exitCode]
  }

  const table: readonly [string, Case, readonly [string, string, number]][] = [
    ['passes a case that comes to its end', PASSING, ['passed', '', 0]],
    ['fails a SHALL that does not hold', throwing(new Refuted('no')), ['failed', 'no', 1]],
    [
      'warns of a SHOULD that does not hold',
      throwing(new Refuted('no'), { level: 'SHOULD' }),
      ['warned', 'no', 0],
    ],
    ['warns of a MAY that does not hold', throwing(new Refuted('no'), { level: 'MAY' }), ['warned', 'no', 0]],
    [
      'says what the service does not offer',
      throwing(new NotOffered('no PSS')),
      ['not-offered', 'no PSS', 0],
    ],
    [
      'says what the account file would have to give',
      throwing(new NotRun('`other`')),
      ['not-run', 'needs `other`', 0],
    ],
    [
      'warns of what a case only noticed',
      sampleCase('one', {
        run: (trial: Trial) => {
          trial.warn('odd')
          trial.warn('and odder')
          return Promise.resolve()
        },
      }),
      ['warned', 'odd; and odder', 0],
    ],
    [
      'does not run what `info` does not name',
      throwing(new Refuted('no'), { method: 'signatures/timestamp' }),
      ['not-offered', '`info` does not name signatures/timestamp', 0],
    ],
    [
      'does not run unasked what cannot be changed back',
      throwing(new Refuted('no'), { destructive: 'locks the PIN' }),
      ['not-run', 'needs --destructive: locks the PIN', 0],
    ],
    [
      'fails where the connection ends without an answer',
      sampleCase('one', {
        run: async (trial: Trial) => {
          answered(await post(trial, 'credentials/list', {}))
        },
      }),
      ['failed', 'POST credentials/list got no answer: other side closed', 1],
    ],
  ]
  for (const [title, one, expected] of table)
    it(title, async () => {
      assert.deepEqual(await outcomeOf(one), expected)
    })

  it('runs what cannot be changed back when it is asked to', async () => {
    const one = throwing(new Refuted('no'), { destructive: 'locks the PIN' })
    assert.deepEqual(await outcomeOf(one, '--destructive'), ['failed', 'no', 1])
  })

  it('calls its own errors broken, with where they come from', async () => {
    const [outcome, reason, exitCode] = await outcomeOf(throwing(new TypeError('oops')))
    assert.deepEqual([outcome, exitCode], ['broken', 1])
    assert.match(reason, /^TypeError: oops\n\s+at .*outcomes\.test\.ts/)
  })

  it('goes on after a case that failed or broke', async () => {
    const { results } = await service.run([
      throwing(new TypeError('oops')),
      throwing(new Refuted('no')),
      PASSING,
    ])
    assert.deepEqual(
      results.map(({ outcome }) => outcome),
      ['broken', 'failed', 'passed'],
    )
  })

  it('tells the terminal what did not pass, without what would steer it', async () => {
    const { out, progress } = await service.run([PASSING, throwing(new Refuted('got \u001b[2Jx'))])
    assert.equal(
      out.replace(/localhost:\d+/, 'localhost'),
      'FAILED  v1 signatures/signHash one [SHALL, 11.9]\n    A rule in plain words.\n    got \\u001b[2Jx\n' +
        'v1 at https://localhost/csc/v1: 2 cases: 1 passed, 1 failed\n',
    )
    assert.equal(progress, 'v1 signatures/signHash: 1 passed, 1 failed\n')
  })
})

describe('conformance: what keeps a run from beginning, with exit code 2', () => {
  let service: ScriptedService

  before(async () => {
    service = await scriptedService((_, response) => {
      json(response, {})
    })
  })
  after(() => service.close())

  async function refusal(...more: readonly string[]): Promise<string> {
    const before = service.received.length
    const { exitCode, progress } = await service.run([PASSING], ...more)
    assert.equal(exitCode, 2)
    assert.equal(service.received.filter(({ path }) => !path.endsWith('info')).length, 0)
    if (more[0] !== '--only') assert.equal(service.received.length, before)
    return progress.replaceAll(service.folder, '…')
  }

  it('an account file that is not there', async () => {
    assert.equal(
      await refusal('--account', '/nowhere/account.yaml'),
      'chancery-conformance: /nowhere/account.yaml cannot be read; `chancery-conformance init` writes such a file.\n',
    )
  })

  for (const option of ['--report', '--junit', '--json'])
    it(`${option} into a folder that is not there`, async () => {
      assert.equal(
        await refusal('--json', `${service.folder}/ok.json`, option, `${service.folder}/nowhere/report`),
        'chancery-conformance: …/nowhere/report cannot be written: its folder does not exist.\n',
      )
    })

  it('a report that is a folder', async () => {
    mkdirSync(join(service.folder, 'folder'))
    assert.equal(
      await refusal('--report', `${service.folder}/folder`),
      'chancery-conformance: …/folder cannot be written: it is a folder.\n',
    )
  })

  it('two reports in one file', async () => {
    assert.equal(
      await refusal('--report', `${service.folder}/same`, '--junit', `${service.folder}/x/../same`),
      'chancery-conformance: --report and --junit name the same file, …/x/../same.\n',
    )
  })

  it('no case with such an id', async () => {
    assert.equal(
      await refusal('--only', 'nothing'),
      'chancery-conformance: no case has an id that contains nothing\n',
    )
  })

  it('no service at the address', async () => {
    assert.match(
      await refusal('--base-url', 'https://localhost:1/csc/v1', '--api', 'v1'),
      /^chancery-conformance: https:\/\/localhost:1\/csc\/v1: POST info got no answer: /,
    )
  })

  it('a name and a password in the address', async () => {
    assert.match(
      await refusal('--base-url', 'https://ada:secret@localhost/csc/v1', '--api', 'v1'),
      /name and password belong into the account file/,
    )
  })

  it('a version without a base URL', async () => {
    assert.equal(
      await refusal('--api', 'v2'),
      'chancery-conformance: no base URL for v2: give --base-url, or baseUrls in the account file\n',
    )
  })

  it('an unknown option', async () => {
    assert.match(await refusal('--nonsense'), /unknown option '--nonsense'/)
  })
})

describe('conformance: report files', () => {
  let service: ScriptedService

  before(async () => {
    service = await scriptedService((_, response) => {
      json(response, {})
    })
  })
  after(() => service.close())

  it('are written whole, and nothing is left beside them', async () => {
    const at = (name: string): string => join(service.folder, 'reports', name)
    writeFileSync(at('a.html'), 'older')
    await service.run([PASSING], '--report', at('a.html'), '--junit', at('a.xml'))
    assert.deepEqual(readdirSync(join(service.folder, 'reports')).sort(), ['a.html', 'a.xml', 'report.json'])
    assert.match(readFileSync(at('a.html'), 'utf8'), /^<!doctype html>[^]*<\/html>$/)
  })

  it('go where a link leads, and into a device', async () => {
    const link = join(service.folder, 'link.html')
    writeFileSync(join(service.folder, 'target.html'), '')
    symlinkSync('target.html', link)
    await service.run([PASSING], '--report', link, '--junit', '/dev/null')
    assert.match(readFileSync(join(service.folder, 'target.html'), 'utf8'), /^<!doctype html>/)
    assert.ok(statSync('/dev/null').isCharacterDevice())
    assert.match(readFileSync(link, 'utf8'), /^<!doctype html>/)
  })
})
