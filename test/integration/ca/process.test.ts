import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { stringify } from 'yaml'
import { z } from 'zod'
import { findSoftHsmModule } from '../../../hsm/softHsmModule.ts'
import { CA_OPERATIONS } from '../../../sap/operations.ts'
import { createOperationClient } from '../../../sap/transport/client.ts'
import { caDocument } from '../../support/buildCa.ts'
import { makeFaultModule } from '../../support/faultModule.ts'
import { makePeerAuthority, makeTlsIdentity, type TlsIdentity } from '../../support/peerCertificates.ts'

const line = z.looseObject({ event: z.string().optional(), msg: z.string().optional() })

interface Finished {
  readonly status: number | null
  readonly output: string
}

describe('ca: the process', function () {
  this.timeout(60_000)
  let folder: string
  let ra: TlsIdentity
  let pin: string
  const config = (): string => join(folder, 'ca.yaml')

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-ca-process-'))
    const authority = await makePeerAuthority()
    const own = await makeTlsIdentity(authority, 'ca-1')
    ra = await makeTlsIdentity(authority, 'ra-1')
    pin = randomUUID()
    const secret = { mode: 0o600 }
    mkdirSync(join(folder, 'tokens'), { mode: 0o700 })
    writeFileSync(
      join(folder, 'softhsm2.conf'),
      `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
    )
    writeFileSync(join(folder, 'pin'), `${pin}\n`, secret)
    writeFileSync(join(folder, 'tls.key'), own.key, secret)
    writeFileSync(join(folder, 'tls.crt'), own.cert)
    writeFileSync(join(folder, 'peers-ca.crt'), own.ca)
    writeFileSync(join(folder, 'ra.crt'), ra.cert)
    const identity = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    writeFileSync(join(folder, 'sam-identity.pem'), identity.export({ type: 'spki', format: 'pem' }))
    const document = caDocument({
      module: findSoftHsmModule() ?? '',
      environment: { SOFTHSM2_CONF: 'softhsm2.conf' },
    })
    const peers = [{ name: 'ra-1', role: 'ra', certificate: 'ra.crt' }]
    writeFileSync(config(), stringify({ ...document, peers }))
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const argv = (program: string, ...args: readonly string[]): string[] => [
    ...['--import', 'tsx', `ca/${program}.ts`, '--config', config()],
    ...args,
  ]
  function run(program: string, ...args: readonly string[]): Finished {
    const { status, stdout, stderr } = spawnSync(process.execPath, argv(program, ...args), {
      encoding: 'utf8',
    })
    return { status, output: stdout + stderr }
  }
  function start(): {
    readonly child: ChildProcess
    readonly ready: Promise<void>
    readonly output: () => string
  } {
    const child = spawn(process.execPath, argv('main'), { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        output += chunk.toString()
      })
    const ready = new Promise<void>((resolve, reject) => {
      child.once('message', (message) => {
        assert.deepEqual(message, { event: 'ready' })
        resolve()
      })
      child.once('exit', () => {
        reject(new Error(output))
      })
    })
    return { child, ready, output: () => output }
  }
  const exitOf = (child: ChildProcess): Promise<number | null> =>
    new Promise((resolve) => child.once('exit', resolve))

  it('says what is wrong with its configuration, and is not to be started again', () => {
    assert.equal(run('main', '--check').status, 0)
    chmodSync(join(folder, 'pin'), 0o644)
    const checked = run('main', '--check')
    chmodSync(join(folder, 'pin'), 0o600)
    assert.equal(checked.status, 78)
    assert.match(checked.output, /ca\.yaml: hsm\.pinFile: the file is open to others/)
  })

  it('does not start before it was provisioned', () => {
    const { status, output } = run('main')
    assert.equal(status, 78, output)
  })

  it('is provisioned twice with the same result, and prints nothing secret', () => {
    const first = run('provision')
    assert.equal(first.status, 0, first.output)
    const root = readFileSync(join(folder, 'root.crt'), 'utf8')
    const second = run('provision')
    assert.equal(second.status, 0, second.output)
    assert.equal(readFileSync(join(folder, 'root.crt'), 'utf8'), root)
    assert.ok(!`${first.output}${second.output}`.includes(pin))
  })

  it('starts, answers, is killed, starts again, and ends on SIGTERM with 0', async () => {
    const killed = start()
    await killed.ready
    const isGone = exitOf(killed.child)
    killed.child.kill('SIGKILL')
    await isGone

    const { child, ready, output } = start()
    await ready
    // `ready` comes by IPC, the line by a pipe of its own: either may be first.
    while (!output().endsWith('\n')) await new Promise((resolve) => setTimeout(resolve, 20))
    const lines = output()
      .trim()
      .split('\n')
      .map((text) => line.parse(JSON.parse(text)))
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['ready'],
    )
    const client = createOperationClient({
      operations: CA_OPERATIONS,
      url: 'https://localhost',
      socketPath: join(folder, 'ca.sock'),
      tls: ra,
    })
    // No SAM runs here: the CA says so, and issues nothing.
    const call = client.call('issue', {
      requestId: randomUUID(),
      credentialId: 'cred-1',
      certificationRequest: Buffer.from('x'),
    })
    await assert.rejects(call, { code: 'unavailable' })
    const code = exitOf(child)
    child.kill('SIGTERM')
    assert.equal(await code, 0, output())
    await client.close()
    assert.ok(!output().includes(pin))
  })

  it('ends when its supervisor is gone', async () => {
    const { child, ready, output } = start()
    await ready
    const code = exitOf(child)
    child.disconnect()
    assert.equal(await code, 0, output())
  })

  it('ends when a call into its PKCS#11 module hangs (attack F02)', async () => {
    const good = readFileSync(config())
    const module = findSoftHsmModule() ?? ''
    const environment = { SOFTHSM2_CONF: join(folder, 'softhsm2.conf') }
    const fault = await makeFaultModule({ folder, module, environment })
    const document = caDocument(fault, { callSeconds: 1 })
    writeFileSync(
      config(),
      stringify({ ...document, peers: [{ name: 'ra-1', role: 'ra', certificate: 'ra.crt' }] }),
    )
    fault.set({ call: 'C_OpenSession', fault: 'hang' })
    const { child, ready, output } = start()
    const signal = new Promise((resolve) =>
      child.once('exit', (_, by) => {
        resolve(by)
      }),
    )
    await assert.rejects(ready)
    assert.equal(await signal, 'SIGKILL', output())
    assert.match(output(), /the main thread stands still: this process ends/)
    writeFileSync(config(), good)
  })

  it('tries no login after a wrong PIN, and is not to be started again', () => {
    writeFileSync(join(folder, 'pin'), 'wrong-pin\n', { mode: 0o600 })
    const first = run('main')
    const second = run('main')
    writeFileSync(join(folder, 'pin'), `${pin}\n`, { mode: 0o600 })
    assert.equal(first.status, 78, first.output)
    assert.equal(second.status, 78, second.output)
    assert.match(second.output, /no login is tried until the PIN file changes/)
    assert.equal(run('provision').status, 0)
  })
})
