import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmod, readFile, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { openDatabase } from '../../../src/adapters/db/open.ts'
import { bodyOf } from '../../support/bodyOf.ts'
import { basic, buildSsa, type TestSsa } from '../../support/buildSsa.ts'
import { assertContract } from '../../support/cscContract.ts'
import { makeTlsIdentity, makePeerAuthority } from '../../support/peerCertificates.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

const TSX = ['--import', 'tsx']

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(script: string, args: readonly string[], input = ''): Ran {
  return spawnSync(process.execPath, [...TSX, script, ...args], { input, encoding: 'utf8' })
}

function record(value: unknown): Record<string, unknown> {
  assert.ok(typeof value === 'object' && value !== null)
  return { ...value }
}

describe('the process of the SSA', function () {
  this.timeout(60_000)
  let sam: ScriptedSam
  let ssa: TestSsa
  let configFile: string

  before(async () => {
    sam = await scriptedSam()
    ssa = await buildSsa({ sam })
    // A folder of its own kind: the same files, a database that nobody made yet.
    configFile = join(ssa.folder, 'process.yaml')
    const document = record(parse(await readFile(ssa.configFile, 'utf8')))
    await writeFile(configFile, stringify({ ...document, database: { file: 'process.db' } }))
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })

  it('does not start without its database, and tells the supervisor not to try again', () => {
    const { status, stderr } = run('src/main.ts', ['--config', configFile])
    assert.equal(status, 78)
    assert.match(stderr, /process\.db cannot be opened: provision it/)
  })

  it('is provisioned, again and again, with a database for its owner only', async () => {
    for (let n = 0; n < 2; n++) assert.equal(run('src/provision.ts', ['--config', configFile]).status, 0)
    assert.equal((await stat(join(ssa.folder, 'process.db'))).mode & 0o077, 0)
  })

  it('takes users and clients by standard input, again and again', async () => {
    const user = { username: 'ada', password: 'first secret', signerId: 'signer-1' }
    const first = run('src/provision.ts', ['--config', configFile, 'add-user'], JSON.stringify(user))
    assert.equal(first.status, 0, first.stderr)
    const changed = { ...user, password: 'second secret' }
    const second = run('src/provision.ts', ['--config', configFile, 'add-user'], JSON.stringify(changed))
    assert.equal(second.stdout, first.stdout, 'the same user')
    const stolen = { ...user, signerId: 'signer-2' }
    const refused = run('src/provision.ts', ['--config', configFile, 'add-user'], JSON.stringify(stolen))
    assert.equal(refused.status, 78)
    assert.match(refused.stderr, /another signer/)

    const certificateFile = join(ssa.folder, 'client.crt')
    await writeFile(certificateFile, (await makeTlsIdentity(await makePeerAuthority(), 'app')).cert)
    for (let n = 0; n < 2; n++) {
      const client = JSON.stringify({ clientId: 'app-1', certificateFile })
      assert.equal(run('src/provision.ts', ['--config', configFile, 'add-client'], client).status, 0)
    }
    const database = await openDatabase(join(ssa.folder, 'process.db'))
    const rows: unknown = await database('clients').count({ n: '*' })
    await database.destroy()
    assert.deepEqual(rows, [{ n: 1 }])
  })

  const bad: readonly [string, string, RegExp][] = [
    ['add-user', '{', /standard input: no JSON/],
    ['add-user', '{"username":"a:b","password":"s3cret-x","signerId":"s"}', /standard input: username/],
    ['add-user', '{"username":"ab","password":"","signerId":"s"}', /standard input: password/],
    ['add-client', '{"clientId":"basic","certificateFile":"x"}', /standard input: clientId/],
    ['drop-user', '{}', /unknown command drop-user/],
  ]
  for (const [command, input, words] of bad)
    it(`refuses ${command} ${input}`, () => {
      const { status, stderr } = run('src/provision.ts', ['--config', configFile, command], input)
      assert.equal(status, 78)
      assert.match(stderr, words)
      assert.ok(!stderr.includes('s3cret'))
    })

  it('checks its configuration without starting', async () => {
    const { status, stdout } = run('src/main.ts', ['--config', configFile, '--check'])
    assert.equal(status, 0)
    assert.match(stdout, /ok/)
    const wrong = join(ssa.folder, 'wrong.yaml')
    const document = record(parse(await readFile(configFile, 'utf8')))
    await writeFile(wrong, stringify({ ...document, node: 'a b' }))
    const refused = run('src/main.ts', ['--config', wrong, '--check'])
    assert.equal(refused.status, 78)
    assert.match(refused.stderr, /wrong\.yaml: node: /)
    await unlink(wrong)
  })

  it('starts, says that it is ready, serves, and ends cleanly on SIGTERM', async () => {
    const child = spawn(process.execPath, [...TSX, 'src/main.ts', '--config', configFile], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    const [line, message] = await Promise.all([readyLine(child), firstMessage(child)])
    assert.deepEqual(message, { event: 'ready' })
    const port = Number(line['main'])
    const { default: request } = await import('supertest')
    const response = await request(`https://localhost:${port}`)
      .post('/csc/v1/auth/login')
      .ca(ssa.ca)
      .set('Authorization', basic('ada', 'second secret'))
      .send({})
    assert.equal(response.status, 200)
    await assertContract('v1', 'auth/login', { status: 200, body: bodyOf(response) })
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.kill('SIGTERM')
    assert.equal(await ended, 0)
  })

  it('does not start with a key that others may read', async () => {
    await chmod(join(ssa.folder, 'https.key'), 0o644)
    const { status, stderr } = run('src/main.ts', ['--config', configFile])
    assert.equal(status, 78)
    assert.match(stderr, /listen\.tls\.key: the file is open to others/)
    await chmod(join(ssa.folder, 'https.key'), 0o600)
  })
})

function readyLine(child: ChildProcess): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      for (const text of chunk.toString().split('\n').filter(Boolean)) {
        const line = record(JSON.parse(text))
        if (line['event'] === 'ready') resolve(line)
      }
    })
  })
}

function firstMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.once('message', resolve))
}
