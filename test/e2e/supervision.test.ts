import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { busyPort, portHolder } from '../../scripts/supervisor/ports.ts'
import { holderOf, takeLock } from '../../scripts/supervisor/lockFile.ts'
import { supervise, type Supervisor, type SupervisorOptions } from '../../scripts/supervisor/supervise.ts'

const READY = "process.send({ event: 'ready' });"
const WAITS = 'setInterval(() => {}, 1000);'
/** Notes each start in a file of its folder. */
const COUNTS = "require('node:fs').appendFileSync('starts', `${Date.now()}\\n`);"

describe('supervision of processes', () => {
  let folder: string
  let running: Supervisor | undefined
  const said: string[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-supervision-'))
    said.length = 0
  })
  afterEach(async () => {
    running?.kill()
    running = undefined
    await sleep(50)
    rmSync(folder, { recursive: true, force: true })
  })

  /** Starts small programs, by name, under the supervisor. */
  function start(
    programs: Readonly<Record<string, string>>,
    patience: SupervisorOptions['patience'] = {},
  ): Supervisor {
    const children = Object.entries(programs).map(([name, program]) => {
      mkdirSync(join(folder, name))
      return {
        name,
        command: process.execPath,
        args: ['-e', program],
        folder: join(folder, name),
        environment: { PATH: '/usr/bin:/bin' },
      }
    })
    running = supervise({
      children,
      logFolder: join(folder, 'log'),
      patience: { firstDelay: 50, longestDelay: 200, ...patience },
      say: (line) => said.push(line),
    })
    return running
  }
  const startsOf = (name: string): readonly number[] =>
    existsSync(join(folder, name, 'starts'))
      ? readFileSync(join(folder, name, 'starts'), 'utf8')
          .trim()
          .split('\n')
          .map(Number)
      : []

  it('tells when all are ready', async () => {
    const set = start({ one: READY + WAITS, two: READY + WAITS })
    assert.deepEqual(await set.whenReady(5000), [])
  })

  it('tells which are not ready when the deadline passes', async () => {
    const set = start({ one: READY + WAITS, two: WAITS })
    assert.deepEqual(await set.whenReady(500), ['two'])
  })

  it('starts a dead child again, after kill -9 too, with a delay that grows up to its bound', async () => {
    start({ one: `${COUNTS}process.kill(process.pid, 'SIGKILL')` })
    await until(() => startsOf('one').length >= 5)
    const starts = startsOf('one')
    const gaps = starts.slice(1).map((time, index) => time - (starts[index] ?? 0))
    assert.ok((gaps[0] ?? 0) >= 50 && (gaps[1] ?? 0) >= 100 && (gaps[2] ?? 0) >= 200, String(gaps))
    assert.deepEqual(said.slice(0, 4), [
      'one  ended by SIGKILL; started again in 0.05 s',
      'one  ended by SIGKILL; started again in 0.1 s',
      'one  ended by SIGKILL; started again in 0.2 s',
      'one  ended by SIGKILL; started again in 0.2 s',
    ])
  })

  it('begins anew with the shortest delay after a healthy time', async () => {
    start({ one: `${COUNTS}setTimeout(() => process.exit(3), 150)` }, { healthyAfter: 100 })
    await until(() => startsOf('one').length >= 3)
    assert.deepEqual(said.slice(0, 2), Array(2).fill('one  ended with code 3; started again in 0.05 s'))
  })

  it('does not start a child again that ended with code 78, and keeps the others running', async () => {
    const set = start({ one: `${COUNTS}process.exit(78)`, two: READY + WAITS })
    assert.deepEqual(await set.whenReady(5000), ['one'])
    await sleep(400)
    assert.equal(startsOf('one').length, 1)
    assert.ok(set.pidOf('two') !== undefined)
    assert.match(said.join('\n'), /one {2}ended with code 78 .*not started again/)
  })

  it('ends all children, last started first, and starts none again', async () => {
    const note = (name: string): string =>
      `process.on('SIGTERM', () => { require('node:fs').appendFileSync('../ends', '${name}\\n'); process.exit(0) });`
    const set = start({ one: note('one') + READY + WAITS, two: note('two') + READY + WAITS })
    assert.deepEqual(await set.whenReady(5000), [])
    await set.stop()
    assert.equal(readFileSync(join(folder, 'ends'), 'utf8'), 'two\none\n')
    await sleep(150)
    assert.deepEqual([set.pidOf('one'), set.pidOf('two')], [undefined, undefined])
  })

  it('kills a child that does not end when asked', async () => {
    const set = start({ one: `process.on('SIGTERM', () => {});${READY}${WAITS}` }, { stop: 200 })
    assert.deepEqual(await set.whenReady(5000), [])
    await set.stop()
    assert.equal(set.pidOf('one'), undefined)
    assert.deepEqual(said, ['one  did not end within 0.2 s: killed'])
  })

  it('stops while a new start is awaited, and then starts nothing', async () => {
    const set = start({ one: `${COUNTS}process.exit(1)` }, { firstDelay: 300 })
    await until(() => said.length === 1)
    await set.stop()
    await sleep(400)
    assert.equal(startsOf('one').length, 1)
  })

  it('gives a child no environment but its own', async () => {
    process.env['CHANCERY_TEST_SECRET'] = 'x'
    const set = start({ one: `console.log(JSON.stringify(Object.keys(process.env)));${READY}${WAITS}` })
    await set.whenReady(5000)
    delete process.env['CHANCERY_TEST_SECRET']
    await until(() => said.length > 0)
    assert.deepEqual(said, ['one  ["PATH"]'])
  })

  it('keeps whole log lines in a file of its own and shows the message only', async () => {
    const line = JSON.stringify({ level: 40, event: 'slow', msg: 'slow\u001b[2J answer', other: 1 })
    const set = start({ one: `console.log(${JSON.stringify(line)});${READY}${WAITS}` })
    await set.whenReady(5000)
    await until(() => said.length > 0)
    assert.deepEqual(said, ['one  warning: slow [2J answer'])
    await until(() => readFileSync(join(folder, 'log', 'one.log'), 'utf8') === `${line}\n`)
  })

  it('tells of a program that cannot be started, and tries again', async () => {
    running = supervise({
      children: [{ name: 'one', command: '/nowhere/program', args: [], folder, environment: {} }],
      logFolder: join(folder, 'log'),
      patience: { firstDelay: 50 },
      say: (line) => said.push(line),
    })
    await until(() => said.length >= 2)
    assert.match(said[0] ?? '', /^one {2}could not be started: .*ENOENT; started again in 0\.05 s$/)
  })
})

describe('children of a supervisor that is gone', () => {
  it('end by themselves, as on SIGTERM', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'chancery-orphan-'))
    const preload = new URL('../../scripts/supervisor/endWithSupervisor.ts', import.meta.url).href
    const child = `process.on('SIGTERM', () => { require('node:fs').writeFileSync('${folder}/ended', ''); process.exit(0) });
      require('node:fs').writeFileSync('${folder}/started', String(process.pid)); ${WAITS}`
    const args = ['--import', 'tsx', '--import', preload, '-e', child]
    const supervisor = `require('node:child_process').spawn(process.execPath, ${JSON.stringify(args)},
      { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true }); ${WAITS}`
    const parent = spawn(process.execPath, ['-e', supervisor], { stdio: 'inherit' })
    await until(() => existsSync(join(folder, 'started')))
    assert.ok(!existsSync(join(folder, 'ended')))
    parent.kill('SIGKILL')
    await until(() => existsSync(join(folder, 'ended')))
    rmSync(folder, { recursive: true })
  })
})

describe('the lock of a data folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-lock-'))
  const file = join(folder, 'lock')
  const children: ChildProcess[] = []
  after(() => {
    rmSync(folder, { recursive: true })
    for (const child of children) child.kill('SIGKILL')
  })

  it('is refused while its holder lives, with the holder named', () => {
    const lock = takeLock(file)
    assert.deepEqual(takeLock(file), { heldBy: process.pid })
    assert.ok('release' in lock)
    lock.release()
    assert.equal(holderOf(file), undefined)
  })

  it('is taken over from a dead holder', () => {
    writeFileSync(file, '999999999 1\n')
    const lock = takeLock(file)
    assert.ok('release' in lock && lock.wasStale)
    lock.release()
  })

  it('is taken over when the process id belongs to another process now', () => {
    const other = spawn(process.execPath, ['-e', WAITS])
    children.push(other)
    writeFileSync(file, `${other.pid ?? 0} 1\n`)
    assert.equal(holderOf(file), undefined)
  })
})

describe('a busy port', () => {
  it('is found with the process that listens on it', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    assert.equal(await busyPort([address.port], 0), address.port)
    assert.match(portHolder(address.port) ?? '', new RegExp(`^process ${process.pid} \\(`))
    server.close()
    assert.equal(await busyPort([address.port], 0), undefined)
  })

  it('is waited for while its holder is ending', async () => {
    const server = createServer().listen(0)
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    assert.ok(address !== null && typeof address === 'object')
    setTimeout(() => server.close(), 300)
    assert.equal(await busyPort([address.port], 3000), undefined)
  })
})

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    if (holds()) return
    await sleep(25)
  }
  assert.fail(`waited 10 s for ${holds.toString()}`)
}
