import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setArguments } from '../../../scripts/commandLine.ts'
import { CannotStart } from '../../../scripts/setup/cannotStart.ts'
import { makeCertificates } from '../../../scripts/setup/certificates.ts'
import { changePort } from '../../../scripts/setup/changePort.ts'
import { addressesFrom, writeConnection } from '../../../scripts/setup/connection.ts'
import { dataFolder, type DataFolder } from '../../../scripts/setup/dataFolder.ts'
import { makeFolders } from '../../../scripts/setup/makeFolders.ts'
import { officerYaml } from '../../../scripts/setup/officerYaml.ts'
import type { Owners } from '../../../scripts/setup/osUsers.ts'
import { makeFolder, writeOnce } from '../../../scripts/setup/ownedFiles.ts'
import { placeProgram } from '../../../scripts/setup/placeProgram.ts'
import { reachableDataFolder } from '../../../scripts/setup/reachable.ts'
import { makeSecrets } from '../../../scripts/setup/secrets.ts'
import { ssaAddresses } from '../../../scripts/setup/ssaAddresses.ts'
import { ssaYaml } from '../../../scripts/setup/ssaYaml.ts'

const SHARED: Owners = { sam: undefined, ca: undefined, ssa: undefined }

describe('set-up', () => {
  let folder: string
  let data: DataFolder

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'chancery-setup-')))
    chmodSync(folder, 0o711)
    data = dataFolder(join(folder, 'data'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  describe('files', () => {
    it('are written once, closed to others, and never replaced', () => {
      const file = join(folder, 'pin')
      assert.equal(writeOnce(file, 'first'), true)
      assert.equal(writeOnce(file, 'second'), false)
      assert.equal(readFileSync(file, 'utf8'), 'first')
      assert.equal(statSync(file).mode & 0o777, 0o600)
      assert.deepEqual(readdirSync(folder), ['pin'])
    })

    it('are not written through a link that a process planted', () => {
      const target = join(folder, 'target')
      symlinkSync(target, join(folder, 'pin'))
      assert.equal(writeOnce(join(folder, 'pin'), 'secret'), false)
      assert.ok(!existsSync(target))
    })

    it('do not take the place of a folder, nor a link of it', () => {
      symlinkSync('/etc', join(folder, 'area'))
      assert.throws(() => {
        makeFolder(join(folder, 'area'), 0o700)
      }, /is in the way/)
    })
  })

  it('makes folders that are closed to others, but for the way to the sockets', () => {
    makeFolders(data, SHARED)
    const modes = Object.fromEntries(
      [
        '',
        'authority',
        'officer',
        'log',
        'sam',
        'ca',
        'ssa',
        'sam/tokens',
        'sam/outbox',
        'run',
        'run/sam',
      ].map((name) => [name, (statSync(join(data.root, name)).mode & 0o777).toString(8)]),
    )
    const closed = ['authority', 'officer', 'log', 'sam', 'ca', 'ssa', 'sam/tokens', 'sam/outbox']
    assert.deepEqual(modes, {
      ...Object.fromEntries(closed.map((name) => [name, '700'])),
      ...Object.fromEntries(['', 'run', 'run/sam'].map((name) => [name, '711'])),
    })
  })

  it('draws other secrets for each installation and keeps them', () => {
    const other = dataFolder(join(folder, 'other'))
    const names = ['demo-password', 'demo-pin', 'operator-token']
    const secretsOf = (one: DataFolder): readonly string[] => {
      makeFolders(one, SHARED)
      makeSecrets(one, SHARED)
      return names.map((name) => readFileSync(join(one.officer, name), 'utf8'))
    }
    const first = secretsOf(data)
    assert.deepEqual(secretsOf(data), first)
    assert.ok(secretsOf(other).every((secret) => !first.includes(secret)))
  })

  describe('certificates', () => {
    const certificate = (...names: readonly string[]): X509Certificate =>
      new X509Certificate(readFileSync(join(data.root, ...names)))

    beforeEach(async () => {
      makeFolders(data, SHARED)
      await makeCertificates(data, SHARED)
    })

    it('come from three authorities, each for its own use', () => {
      const verify = (authority: string, purpose: string, file: string): number | null =>
        spawnSync('openssl', ['verify', '-x509_strict', '-purpose', purpose, '-CAfile', authority, file], {
          cwd: data.root,
        }).status
      assert.equal(verify('public-ca.pem', 'sslserver', 'ssa/https.crt'), 0)
      assert.equal(verify('sam/peers-ca.crt', 'sslserver', 'sam/tls.crt'), 0)
      assert.equal(verify('sam/peers-ca.crt', 'sslclient', 'ssa/sap.crt'), 0)
      assert.equal(verify('ssa/clients-ca.crt', 'sslclient', 'officer/demo-client.crt'), 0)
      assert.notEqual(verify('sam/peers-ca.crt', 'sslclient', 'officer/demo-client.crt'), 0)
      assert.notEqual(verify('sam/peers-ca.crt', 'sslserver', 'ssa/sap.crt'), 0)
      assert.notEqual(verify('public-ca.pem', 'sslclient', 'ssa/https.crt'), 0)
    })

    it('name localhost by name and by both addresses', () => {
      const https = certificate('ssa', 'https.crt')
      assert.equal(https.checkHost('localhost'), 'localhost')
      assert.equal(https.checkIP('127.0.0.1'), '127.0.0.1')
      assert.equal(https.checkIP('::1'), '::1')
    })

    it('stay as they are when set-up runs again; one without its other half is made anew', async () => {
      const names = ['ssa/https.crt', 'sam/tls.crt', 'sam/peers/ra.crt', 'authority/peers-ca.crt']
      const before = names.map((name) => certificate(name).fingerprint256)
      await makeCertificates(data, SHARED)
      assert.deepEqual(
        names.map((name) => certificate(name).fingerprint256),
        before,
      )
      rmSync(join(data.area.ssa, 'https.crt'))
      await makeCertificates(data, SHARED)
      const key = readFileSync(join(data.area.ssa, 'https.key'))
      const publicKey = execFileSync('openssl', ['pkey', '-pubout'], { input: key, encoding: 'utf8' })
      assert.equal(certificate('ssa/https.crt').publicKey.export({ type: 'spki', format: 'pem' }), publicKey)
    })
  })

  describe('another port', () => {
    beforeEach(() => {
      makeFolders(data, SHARED)
      const addresses = addressesFrom(8443)
      const comment = '# a note of the operator\n'
      writeFileSync(join(data.area.ssa, 'ssa.yaml'), comment + ssaYaml(addresses, 8443))
      writeFileSync(join(data.officer, 'officer.yaml'), officerYaml(addresses.management))
      writeConnection(data, addresses, { signerId: 'sgn-1', credentials: [] })
    })

    it('goes into everything that names it, and leaves the rest alone', () => {
      changePort(data, 9000)
      assert.deepEqual(ssaAddresses(data), {
        publicUrl: 'https://localhost:9000',
        mutualTlsUrl: 'https://localhost:9001',
        management: 'http://127.0.0.1:9002',
        ports: [9000, 9001, 9002],
      })
      assert.match(readFileSync(join(data.area.ssa, 'ssa.yaml'), 'utf8'), /^# a note of the operator\n/)
      const connection = readFileSync(data.connection, 'utf8')
      assert.ok(
        connection.includes('https://localhost:9000/csc/v2') && connection.includes('localhost:9001/csc/v1'),
      )
      assert.ok(connection.includes('demo-password') && !connection.includes('844'))
      assert.equal(statSync(data.connection).mode & 0o777, 0o600)
    })

    it('does not change a public name that a proxy gave the service', () => {
      const file = join(data.area.ssa, 'ssa.yaml')
      const text = readFileSync(file, 'utf8').replace(
        'https://localhost:8443\n',
        'https://sign.example.org\n',
      )
      writeFileSync(file, text)
      changePort(data, 9000)
      assert.equal(ssaAddresses(data).publicUrl, 'https://sign.example.org')
      assert.deepEqual(ssaAddresses(data).ports, [9000, 9001, 9002])
    })
  })

  describe('the place of the data, for processes with users of their own', () => {
    it('is the wanted one where they can go', () => {
      const wanted = join(folder, 'data')
      assert.equal(reachableDataFolder(wanted, join(folder, 'system')), wanted)
      assert.ok(!existsSync(join(folder, 'system')))
    })

    it('is a system folder, with a link to it, where they cannot', () => {
      const home = join(folder, 'home')
      mkdirSync(home, { mode: 0o700 })
      const wanted = join(home, 'data')
      const real = reachableDataFolder(wanted, join(folder, 'system'))
      assert.ok(real.startsWith(join(folder, 'system/')))
      assert.ok(lstatSync(wanted).isSymbolicLink())
      assert.equal(realpathSync(wanted), real)
      chmodSync(join(folder, 'system'), 0o711)
      assert.equal(reachableDataFolder(wanted, join(folder, 'system')), real)
    })

    it('is refused where data lies already and they cannot go', () => {
      const home = join(folder, 'home')
      mkdirSync(join(home, 'data'), { recursive: true })
      chmodSync(home, 0o700)
      assert.throws(() => reachableDataFolder(join(home, 'data'), join(folder, 'system')), CannotStart)
    })
  })

  describe('the place of the program', function () {
    this.timeout(60_000)
    before(function () {
      if (process.getuid?.() !== 0) this.skip()
    })
    const nobody = { uid: 65534, gid: 65534 }

    /** A small project with a built part and two packages, one of them for development only. */
    function project(root: string): void {
      const packages = { '': {}, 'node_modules/pkcs11js': {}, 'node_modules/tool': { dev: true } }
      const files = {
        'package.json': '{}',
        'package-lock.json': JSON.stringify({ packages }),
        'dist/sam/main.js': '',
        'node_modules/pkcs11js/index.js': '',
        'node_modules/tool/index.js': '',
      }
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(join(root, name, '..'), { recursive: true })
        writeFileSync(join(root, name), content)
      }
    }

    it('is the checkout where they can run it', () => {
      project(join(folder, 'checkout'))
      const program = placeProgram(join(folder, 'checkout'), [nobody], join(folder, 'lib'))
      assert.deepEqual(program, { node: process.execPath, root: join(folder, 'checkout'), isCopy: false })
    })

    it('is a copy that only root can change where they cannot, without what is for development', () => {
      const checkout = join(folder, 'checkout')
      project(checkout)
      chmodSync(checkout, 0o700)
      const program = placeProgram(checkout, [nobody], join(folder, 'lib'))
      assert.ok(program.isCopy && program.root.startsWith(join(folder, 'lib/')))
      assert.deepEqual(readdirSync(program.root).sort(), [
        'dist',
        'node',
        'node_modules',
        'package-lock.json',
        'package.json',
      ])
      assert.deepEqual(readdirSync(join(program.root, 'node_modules')), ['pkcs11js'])
      const { uid, mode } = statSync(join(program.root, 'dist/sam/main.js'))
      assert.deepEqual([uid, mode & 0o022], [0, 0])
      const run = spawnSync(program.node, [join(program.root, 'dist/sam/main.js')], {
        ...nobody,
        cwd: '/',
        env: {},
      })
      assert.equal(run.status, 0)
      assert.deepEqual(placeProgram(checkout, [nobody], join(folder, 'lib')), program)
    })
  })

  describe('arguments', () => {
    it('take data and port, and find files from where the person is', () => {
      process.env['INIT_CWD'] = '/home/ada'
      try {
        assert.deepEqual(setArguments(['--data', 'here', '--port', '9000', 'a.pdf'], '/opt/chancery'), {
          data: '/home/ada/here',
          port: 9000,
          files: ['/home/ada/a.pdf'],
        })
        assert.deepEqual(setArguments([], '/opt/chancery'), {
          data: '/opt/chancery/data',
          port: undefined,
          files: [],
        })
      } finally {
        delete process.env['INIT_CWD']
      }
    })

    for (const args of [['--port', '0'], ['--port', 'x'], ['--port', '65534'], ['--nonsense']])
      it(`refuse ${args.join(' ')} in a sentence`, () => {
        assert.throws(() => setArguments(args, '/'), CannotStart)
      })
  })
})
