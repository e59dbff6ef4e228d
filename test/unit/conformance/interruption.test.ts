import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { at, listAt, textAt } from '../../../conformance/json.ts'
import { json, scriptedService, type ScriptedService } from '../../support/conformance/scriptedService.ts'

describe('conformance: Ctrl-C', () => {
  let service: ScriptedService

  before(async () => {
    service = await scriptedService((_, response) => {
      json(response, {})
    })
  })
  after(() => service.close())

  it('ends the run with 130 and a report of what was seen', async () => {
    const report = join(service.folder, 'report.json')
    const page = join(service.folder, 'report.html')
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        'test/support/conformance/endlessRun.ts',
        ...['--account', service.accountFile, '--json', report, '--report', page],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const said: string[] = []
    child.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()))
    // The line of the first method is written when the second, endless one begins.
    for await (const chunk of child.stderr) if (String(chunk).includes('signHash: 1 passed')) break
    child.kill('SIGINT')
    const [code] = (await once(child, 'exit')) as readonly unknown[]
    assert.equal(code, 130)
    const written: unknown = JSON.parse(readFileSync(report, 'utf8'))
    assert.equal(at(written, 'interrupted'), true)
    assert.deepEqual(
      listAt(written, 'runs/0/results').map((one) => [textAt(one, 'outcome'), textAt(one, 'reason')]),
      [
        ['passed', ''],
        ['not-run', 'the run was ended before'],
        ['not-run', 'the run was ended before'],
        ['not-run', 'the run was ended before'],
      ],
    )
    assert.match(said.join(''), /4 cases: 1 passed, 3 not run\nThe run was ended before its end\.\n$/)
    assert.match(readFileSync(page, 'utf8'), /The run was ended before its end/)
  })
})
