import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { samplePdf } from '../../ades/pdf/samplePdf.ts'
import { verifyWithOpenssl, verifyWithPdfsig } from '../../scripts/demo/verifySigned.ts'
import {
  chancery,
  childrenOf,
  deploy,
  endScripts,
  freePorts,
  openTemporaryFolder,
  runScript,
  type Deployment,
} from '../support/deployment.ts'

describe('the three processes, as npm start runs them', function () {
  this.timeout(120_000)
  let deployment: Deployment

  before(async () => {
    deployment = await deploy()
  })
  after(async () => {
    await deployment.remove()
  })

  function sign(): { readonly code: number | null; readonly signed: string; readonly talk: string } {
    const input = join(deployment.folder, 'in.pdf')
    const signed = join(deployment.folder, 'out.pdf')
    writeFileSync(input, samplePdf())
    rmSync(signed, { force: true })
    const { code, talk } = chancery(['sign', input, signed, '--connection', deployment.connection])
    return { code, signed, talk }
  }
  function pidOf(name: string): number {
    const pid = deployment.set.pidOf(name)
    assert.ok(pid !== undefined, `${name} runs`)
    return pid
  }
  async function untilAnswers(name: string, former: number): Promise<void> {
    for (let tries = 0; tries < 200; tries += 1) {
      const pid = deployment.set.pidOf(name)
      if (pid !== undefined && pid !== former && (await isReady(deployment))) return
      await sleep(100)
    }
    assert.fail(`${name} did not come back`)
  }

  it('sign a PDF that pdfsig and openssl find good', () => {
    const { code, signed, talk } = sign()
    assert.equal(code, 0, talk)
    assert.equal(verifyWithPdfsig(signed).isGood, true)
    assert.equal(verifyWithOpenssl(signed, join(deployment.data, 'ca', 'root.crt')).isGood, true)
  })

  it('leave a connection.json for their owner only, with no secret in it', () => {
    assert.equal(statSync(deployment.connection).mode & 0o777, 0o600)
    const text = readFileSync(deployment.connection, 'utf8')
    for (const secret of heldSecrets(deployment)) assert.ok(!text.includes(secret))
  })

  for (const name of ['sam', 'ssa', 'ca'])
    it(`come back after kill -9 of ${name}, and sign again`, async () => {
      const former = pidOf(name)
      process.kill(former, 'SIGKILL')
      await untilAnswers(name, former)
      const { code, talk } = sign()
      assert.equal(code, 0, talk)
    })

  it('have nothing secret in argv or environment', () => {
    const secrets = heldSecrets(deployment)
    for (const name of ['sam', 'ca', 'ssa'])
      for (const file of ['cmdline', 'environ']) {
        const text = readFileSync(`/proc/${pidOf(name)}/${file}`, 'utf8')
        for (const secret of secrets) assert.ok(!text.includes(secret), `${name} ${file}`)
      }
  })

  it('leave no PIN, code, password or token in a log, a database or a token folder', () => {
    const { data } = deployment
    const secrets = heldSecrets(deployment)
    const outbox = join(data, 'sam', 'outbox')
    const codes = readdirSync(outbox).flatMap(
      (name) => /"code": "(\d+)"/.exec(readFileSync(join(outbox, name), 'utf8'))?.[1] ?? [],
    )
    assert.ok(codes.length > 0)
    const holders = [outbox, join(data, 'sam', 'pin'), join(data, 'ca', 'pin')]
    const searched = ['log', 'sam', 'ca', 'ssa']
      .flatMap((area) => readdirSync(join(data, area), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !holders.some((holder) => path.startsWith(holder)))
    assert.ok(
      searched.some((path) => path.endsWith('sam.db')) && searched.some((path) => path.endsWith('ssa.log')),
    )
    for (const path of searched) {
      const content = readFileSync(path)
      assert.ok(![...secrets, ...codes].some((secret) => content.includes(secret)), path)
    }
  })

  it('tell from both journals why a request was refused', () => {
    const input = join(deployment.folder, 'in.pdf')
    const wrongPin = join(deployment.folder, 'wrong-pin')
    writeFileSync(wrongPin, 'certainly-wrong', { mode: 0o600 })
    const words = ['sign', input, join(deployment.folder, 'never.pdf'), '--pin-file', wrongPin]
    const { talk } = chancery([...words, '--connection', deployment.connection])
    const requestId = /Request id: (\S+)/.exec(talk)?.[1]
    assert.ok(requestId !== undefined, talk)
    const { code, out } = chancery([
      'explain',
      requestId,
      '--officer',
      join(deployment.data, 'officer', 'officer.yaml'),
    ])
    assert.equal(code, 0)
    assert.match(out, /sam-1 .*pin_invalid/)
    assert.match(out, /ssa-1 .*refused/)
    assert.ok(!out.includes('certainly-wrong'))
  })

  describe('as root', function () {
    before(function () {
      if (process.getuid?.() !== 0) this.skip()
    })

    /** Whether a user can read a file or list a folder. */
    function canRead(user: string, path: string): boolean {
      const attempt = `const fs = require('node:fs'); const path = ${JSON.stringify(path)};
        fs.statSync(path).isDirectory() ? fs.readdirSync(path) : fs.readFileSync(path)`
      const ids = ['-u', '-g'].map((flag) =>
        Number(spawnSync('id', [flag, user], { encoding: 'utf8' }).stdout),
      )
      const [uid, gid] = ids
      assert.ok(uid !== undefined && gid !== undefined && uid > 0)
      return spawnSync(process.execPath, ['-e', attempt], { uid, gid, env: {}, cwd: '/' }).status === 0
    }

    it('run as three users of their own', () => {
      const users = ['sam', 'ca', 'ssa'].map((name) => statSync(`/proc/${pidOf(name)}`).uid)
      assert.equal(new Set(users).size, 3)
      assert.ok(!users.includes(0))
    })

    it('keep PIN, database, tokens, keys and environment of the SAM from the SSA', () => {
      const { data } = deployment
      const own = join(data, 'ssa', 'ssa.db')
      assert.ok(canRead('chancery-ssa', own), 'the question can be answered with yes')
      const closed = ['pin', 'sam.db', 'tokens', 'tls.key', 'outbox', 'sam.yaml'].map((name) =>
        join(data, 'sam', name),
      )
      closed.push(`/proc/${pidOf('sam')}/environ`, join(data, 'officer'), join(data, 'authority'))
      closed.push(join(data, 'ca', 'pin'), deployment.connection, join(data, 'log', 'sam.log'))
      for (const path of closed) {
        assert.ok(existsSync(path), path)
        assert.ok(!canRead('chancery-ssa', path), `chancery-ssa can read ${path}`)
      }
    })

    it("keep what is the SSA's and the CA's from each other and from the SAM", () => {
      const { data } = deployment
      assert.ok(!canRead('chancery-ca', join(data, 'sam', 'pin')))
      assert.ok(!canRead('chancery-sam', join(data, 'ca', 'pin')))
      assert.ok(!canRead('chancery-sam', join(data, 'ssa', 'ssa.db')))
    })

    it('say so', () => {
      assert.match(deployment.said.join('\n'), /Each process runs as an OS user of its own/)
    })
  })

  describe("after a change of the SAM's PIN file to a wrong one", () => {
    let pin: string
    const file = (): string => join(deployment.data, 'sam', 'pin')

    before(() => {
      pin = readFileSync(file(), 'utf8')
    })

    it('do not start the SAM again, across restarts, and keep the others running', async () => {
      await deployment.stop()
      writeFileSync(file(), 'wrong-pin')
      for (const attempt of [1, 2]) {
        deployment.said.length = 0
        await deployment.restart()
        await until(() => deployment.said.some((line) => line.includes('code 78')))
        await sleep(1500)
        const said = deployment.said.join('\n')
        assert.match(said, /sam {2}ended with code 78 .*not started again/, `start ${attempt}: ${said}`)
        assert.equal(deployment.set.pidOf('sam'), undefined)
        assert.ok(pidOf('ssa') > 0 && pidOf('ca') > 0)
        await deployment.stop()
      }
    })

    it('sign again once the right PIN is back', async () => {
      writeFileSync(file(), pin)
      await deployment.restart()
      const { code, talk } = sign()
      assert.equal(code, 0, talk)
    })
  })
})

describe('npm start and npm run demo', function () {
  this.timeout(180_000)
  const folder = openTemporaryFolder()
  const data = join(folder, 'data')
  afterEach(endScripts)
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('set up, sign and verify, twice, the second time without setting up', async () => {
    const port = await freePorts()
    const first = runScript('demo', ['--data', data, '--port', String(port)])
    assert.equal(await first.ended, 0, first.output())
    assert.match(first.output(), /Setting up/)
    assert.match(first.output(), /pdfsig: good[^]*openssl: good/)
    const second = runScript('demo', ['--data', data])
    assert.equal(await second.ended, 0, second.output())
    assert.doesNotMatch(second.output(), /Setting up|Provisioning|Enrolling/)
    assert.deepEqual(childrenOf(data), [])
  })

  it('refuse a second set on the same data in one sentence; the demo uses the running one', async () => {
    const start = runScript('start', ['--data', data])
    await start.until(/Chancery serves/)
    const again = runScript('start', ['--data', data])
    assert.equal(await again.ended, 1)
    assert.match(again.output(), /^A set runs on \S+ already \(process \d+\): stop it, or use --data\n$/m)
    const demo = runScript('demo', ['--data', data])
    assert.equal(await demo.ended, 0, demo.output())
    assert.match(demo.output(), /A set runs on .*: using it/)
    start.process.kill('SIGINT')
    assert.equal(await start.ended, 0, start.output())
    assert.deepEqual(childrenOf(data), [])
  })

  it('name a busy port and who has it, and leave nothing running', async () => {
    const connection: unknown = JSON.parse(readFileSync(join(data, 'connection.json'), 'utf8'))
    const port = Number(/https:\/\/localhost:(\d+)/.exec(JSON.stringify(connection))?.[1])
    const other = createServer().listen(port, '127.0.0.1')
    const start = runScript('start', ['--data', data])
    assert.equal(await start.ended, 1)
    assert.match(
      start.output(),
      new RegExp(
        `Port ${port} is in use by process ${process.pid} \\(.*\\): stop it, or choose another with --port`,
      ),
    )
    other.close()
    assert.deepEqual(childrenOf(data), [])
  })

  it('move to another port when asked', async () => {
    const port = await freePorts()
    const start = runScript('start', ['--data', data, '--port', String(port)])
    await start.until(new RegExp(`https://localhost:${port}/csc/v1`))
    assert.match(readFileSync(join(data, 'connection.json'), 'utf8'), new RegExp(`localhost:${port}/csc/v2`))
    start.process.kill('SIGTERM')
    assert.equal(await start.ended, 0, start.output())
  })

  it('end all children when the supervisor is killed, and start again on the same data', async () => {
    const start = runScript('start', ['--data', data])
    await start.until(/Chancery serves/)
    assert.equal(childrenOf(data).length, 3)
    start.process.kill('SIGKILL')
    await start.ended
    const again = runScript('start', ['--data', data])
    await again.until(/Chancery serves/)
    // On a busy machine one of the old ones may still be on its way out.
    await until(() => childrenOf(data).length === 3)
    assert.equal(childrenOf(data).length, 3)
    again.process.kill('SIGTERM')
    assert.equal(await again.ended, 0, again.output())
    assert.deepEqual(childrenOf(data), [])
  })
})

/** Without the line feed at the end of a file: with it no text would hold them. */
function heldSecrets({ data }: Deployment): readonly string[] {
  const officer = ['demo-password', 'demo-pin', 'demo-totp', 'operator-token'].map((name) => [
    'officer',
    name,
  ])
  return [...officer, ['sam', 'pin'], ['ca', 'pin']].map((path) => {
    const secret = readFileSync(join(data, ...path), 'utf8').trim()
    assert.ok(secret.length >= 6, `${path.join('/')} holds a secret`)
    return secret
  })
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !holds(); tries += 1) await sleep(50)
}

async function isReady(deployment: Deployment): Promise<boolean> {
  try {
    return (await fetch(`${deployment.set.addresses.management}/readyz`)).ok
  } catch {
    return false
  }
}
