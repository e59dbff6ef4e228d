import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import request from 'supertest'
import { parse, stringify } from 'yaml'
import { bodyOf, textIn } from '../support/bodyOf.ts'
import { basic, buildSsa, type TestSsa } from '../support/buildSsa.ts'
import { assertAnswer } from '../support/cscContract.ts'
import { scriptedSam, type ScriptedSam } from '../support/scriptedSam.ts'

const TSX = ['--import', 'tsx']
const SIGNATURE = Buffer.alloc(64, 9)
const SIGN = {
  SAD: 'sad-of-the-signer',
  credentialID: 'cred-1',
  hashes: [Buffer.alloc(32, 7).toString('base64')],
  signAlgo: '1.2.840.113549.1.1.11',
  operationMode: 'A',
}

interface Told {
  readonly status: number
  readonly body: unknown
}

describe('an SSA that is killed with asynchronous requests', function () {
  this.timeout(60_000)
  let sam: ScriptedSam
  let ssa: TestSsa
  let configFile: string
  let child: ChildProcess
  let url: string

  before(async () => {
    sam = await scriptedSam()
    ssa = await buildSsa({ sam })
    configFile = join(ssa.folder, 'killed.yaml')
    const document: unknown = parse(await readFile(ssa.configFile, 'utf8'))
    await writeFile(configFile, stringify({ ...Object(document), database: { file: 'killed.db' } }))
    const provision = ['src/provision.ts', '--config', configFile]
    const user = { username: 'ada', password: 'correct horse', signerId: 'signer-1' }
    for (const [more, input] of [[[], ''] as const, [['add-user'], JSON.stringify(user)] as const])
      assert.equal(spawnSync(process.execPath, [...TSX, ...provision, ...more], { input }).status, 0)
    await start()
  })
  after(async () => {
    child.kill('SIGKILL')
    await ssa.dispose()
    await sam.dispose()
  })

  async function start(): Promise<void> {
    child = spawn(process.execPath, [...TSX, 'src/main.ts', '--config', configFile], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    let output = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    await once(child, 'message')
    while (!/"event":"ready".*"main":(\d+)/.test(output)) await sleep(20)
    url = `https://localhost:${/"main":(\d+)/.exec(output)?.[1] ?? ''}`
  }

  async function post(method: string, body: object, authorization: string): Promise<Told> {
    const sending = request(url).post(`/csc/v2/${method}`).ca(ssa.ca)
    const response = await sending.set('Authorization', authorization).send(body)
    return assertAnswer(`/csc/v2/${method}`, { status: response.status, body: bodyOf(response) })
  }

  it('keeps outcomes, and ends honestly what it had in memory only', async () => {
    const login = await post('auth/login', {}, basic('ada', 'correct horse'))
    const bearer = `Bearer ${textIn(login.body, 'access_token')}`
    const poll = (requestID: string): Promise<Told> => post('signatures/signPolling', { requestID }, bearer)
    const begin = async (): Promise<string> =>
      textIn((await post('signatures/signHash', SIGN, bearer)).body, 'responseID')

    sam.handlers = { sign: () => Promise.resolve({ signatures: [SIGNATURE] }) }
    const done = await begin()
    while ((await poll(done)).status === 202) await sleep(20)
    let isAsked: () => void = () => undefined
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve
    })
    sam.handlers = {
      sign: () => {
        isAsked()
        return new Promise(() => undefined)
      },
    }
    const lost = await begin()
    await asked
    assert.equal((await poll(lost)).status, 202)
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended

    await start()
    assert.deepEqual(await poll(done), {
      status: 200,
      body: { signatures: [SIGNATURE.toString('base64')] },
    })
    const { status, body } = await poll(lost)
    assert.equal(status, 500)
    assert.equal(textIn(body, 'error'), 'server_error')
    const files = ['killed.db', 'killed.db-wal'].map((name) =>
      readFile(join(ssa.folder, name), 'latin1').catch(() => ''),
    )
    assert.ok(!(await Promise.all(files)).join('').includes(SIGN.SAD))
  })
})
