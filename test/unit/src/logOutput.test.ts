import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a program that logs through `logOutput`; resolves with what came out before `until` saw enough, or at its end. */
async function logged(program: string, until: (out: string) => boolean = () => false): Promise<string> {
  const code = `
    import { pino } from 'pino'
    import { logOutput } from './src/adapters/logOutput.ts'
    const log = pino(logOutput())
    ${program}`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    if (until(out)) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return out
}
const messages = (out: string): readonly unknown[] =>
  out
    .trim()
    .split('\n')
    .map((line): unknown => Reflect.get(Object(JSON.parse(line)), 'msg'))

describe('log lines that are written some at a time', function () {
  this.timeout(30_000)

  it('come out soon while the process runs', async () => {
    const out = await logged(`log.info('one'); setInterval(() => undefined, 1000)`, (text) =>
      text.includes('\n'),
    )
    assert.deepEqual(messages(out), ['one'])
  })

  it('come out whole, and in order, when the process ends', async () => {
    const out = await logged(`for (let n = 0; n < 200; n++) log.info(String(n)); process.exit(0)`)
    assert.deepEqual(
      messages(out),
      Array.from({ length: 200 }, (_, n) => String(n)),
    )
  })

  it('keep no process from ending when nobody reads them any more', async () => {
    const code = `
      import { pino } from 'pino'
      import { logOutput } from './src/adapters/logOutput.ts'
      const log = pino(logOutput())
      log.info('one')
      setTimeout(() => log.info('two'), 1000)
      setTimeout(() => { log.info('three'); process.exit(7) }, 1500)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await once(child, 'exit')
    clearTimeout(timer)
    assert.equal(child.exitCode, 7)
  })

  it('come out when nobody catches an error', async () => {
    const out = await logged(`log.info('last'); throw new Error('nobody')`)
    assert.deepEqual(messages(out), ['last'])
  })
})
