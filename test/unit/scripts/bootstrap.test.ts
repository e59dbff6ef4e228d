import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bootstrap } from '../../../scripts/bootstrap/bootstrap.js'
import { buildIsCurrent } from '../../../scripts/bootstrap/build.js'
import { nodeProblem } from '../../../scripts/bootstrap/checkNode.js'
import { npmSettings, packagesAreCurrent } from '../../../scripts/bootstrap/installPackages.js'
import type { World } from '../../../scripts/bootstrap/world.js'

const RANGE = '>=20.19 <21 || >=22.12'
const NODE = { version: 'v20.20.2', range: RANGE }
const PROGRAMS = ['pdfsig', 'qpdf', 'openssl', 'curl', 'python3', 'make', 'g++', 'apt-get']
const SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so'
const COMPILED = [
  'node_modules/pkcs11js/build/Release/pkcs11.node',
  'node_modules/sqlite3/build/Release/node_sqlite3.node',
]
const LOCK = {
  packages: {
    '': { version: '1' },
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/other-platform': { version: '1.0.0', integrity: 'y', optional: true },
  },
}
const INSTALLED = { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'x' } } }

interface Machine {
  readonly root: string
  readonly programs: readonly string[]
  readonly files: readonly string[]
  readonly isRoot: boolean
  readonly packageLists: boolean
  readonly lock: unknown
  readonly installed: unknown
  /** Exit code of a command line; 0 unless told otherwise. */
  readonly exitCode: (line: string) => number
}

/** A machine as the bootstrap sees it, and what the bootstrap did and said there. */
function machine(given: Partial<Machine>): { world: World; said: string[]; ran: string[] } {
  const root = given.root ?? builtProject()
  const m: Machine = {
    root,
    programs: PROGRAMS,
    files: [SOFTHSM, ...COMPILED.map((file) => join(root, file))],
    isRoot: true,
    packageLists: true,
    lock: LOCK,
    installed: INSTALLED,
    exitCode: () => 0,
    ...given,
  }
  const said: string[] = []
  const ran: string[] = []
  const world: World = {
    root,
    execPath: '/opt/node/bin/node',
    isRoot: m.isRoot,
    say: (line) => said.push(line),
    exists: (path) => m.files.includes(path),
    read: (path) => {
      const content = path === 'package-lock.json' ? m.lock : m.installed
      return content === undefined ? undefined : JSON.stringify(content)
    },
    hasProgram: (name) => m.programs.includes(name),
    hasPackageLists: () => m.packageLists,
    run: async (words) => {
      ran.push(words.join(' '))
      return m.exitCode(words.join(' '))
    },
  }
  return { world, said, ran }
}

const folders: string[] = []

/** A project whose build is newer than its sources. */
function builtProject(): string {
  const root = mkdtempSync(join(tmpdir(), 'chancery-bootstrap-'))
  folders.push(root)
  const files = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'src/main.ts',
    'dist/.built',
  ]
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), '')
  }
  const later = new Date(Date.now() + 1000)
  utimesSync(join(root, 'dist/.built'), later, later)
  return root
}

describe('bootstrap', () => {
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true })
  })

  it('says and does nothing when nothing is missing', async () => {
    const { world, said, ran } = machine({})
    assert.equal(await bootstrap(world, NODE), 0)
    assert.deepEqual([said, ran], [[], []])
  })

  for (const [version, fits] of [
    ['v20.18.3', false],
    ['v20.19.0', true],
    ['v21.7.0', false],
    ['v22.11.0', false],
    ['v22.12.0', true],
    ['v24.1.0', true],
    ['v16.20.2', false],
  ] as const)
    it(`${fits ? 'takes' : 'refuses'} Node ${version}`, () => {
      assert.equal(nodeProblem(version, RANGE) === undefined, fits)
    })

  it('says in one sentence that the Node version is wrong, and exits 2', async () => {
    const { world, said, ran } = machine({})
    assert.equal(await bootstrap(world, { version: 'v16.20.2', range: RANGE }), 2)
    assert.deepEqual(said, ['Chancery needs Node >=20.19 <21 or >=22.12, and this is Node 16.20.2.'])
    assert.deepEqual(ran, [])
  })

  it('names what is missing on a system without apt, and exits 2', async () => {
    const { world, said, ran } = machine({ programs: ['openssl', 'curl', 'qpdf'], files: [] })
    assert.equal(await bootstrap(world, NODE), 2)
    assert.deepEqual(said, [
      'Missing: the SoftHSM 2 library (libsofthsm2.so), pdfsig (of Poppler), python3, make, g++. ' +
        'Install them with the package manager of this system, then run this again.',
    ])
    assert.deepEqual(ran, [])
  })

  it('prints the line to run when it is neither root nor has sudo without a password, and exits 2', async () => {
    const { world, said, ran } = machine({
      isRoot: false,
      programs: [...PROGRAMS.filter((name) => name !== 'pdfsig'), 'sudo'],
      exitCode: (line) => (line === 'sudo -n true' ? 1 : 0),
    })
    assert.equal(await bootstrap(world, NODE), 2)
    assert.deepEqual(said, [
      'Missing: pdfsig (of Poppler). Run this line, then this command again:\n\n' +
        '  sudo sh -c "apt-get update && apt-get install -y poppler-utils"\n',
    ])
    assert.deepEqual(ran, ['sudo -n true'])
  })

  it('prints a line for su where there is no sudo', async () => {
    const { world, said } = machine({ isRoot: false, programs: PROGRAMS.filter((name) => name !== 'qpdf') })
    assert.equal(await bootstrap(world, NODE), 2)
    assert.match(said.join(), /\n {2}su -c "apt-get update && apt-get install -y qpdf"\n$/)
  })

  it('installs as root without asking, with the package lists first where there are none', async () => {
    const { world, ran } = machine({
      programs: PROGRAMS.filter((name) => name !== 'qpdf'),
      packageLists: false,
    })
    assert.equal(await bootstrap(world, NODE), 0)
    assert.deepEqual(ran, [
      'env DEBIAN_FRONTEND=noninteractive apt-get update',
      'env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends qpdf',
    ])
  })

  it('installs through sudo where sudo asks for no password', async () => {
    const { world, ran } = machine({
      isRoot: false,
      programs: [...PROGRAMS.filter((name) => name !== 'qpdf'), 'sudo'],
    })
    assert.equal(await bootstrap(world, NODE), 0)
    assert.deepEqual(ran, [
      'sudo -n true',
      'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends qpdf',
    ])
  })

  it('renews the package lists once when the installation fails, then gives up with exit 2', async () => {
    const { world, said, ran } = machine({
      programs: PROGRAMS.filter((name) => name !== 'qpdf'),
      exitCode: (line) => (line.includes('install') ? 100 : 0),
    })
    assert.equal(await bootstrap(world, NODE), 2)
    assert.equal(ran.filter((line) => line.includes('apt-get update')).length, 1)
    assert.equal(said.at(-1), 'apt-get could not install qpdf: see above.')
  })

  it('installs what only the tests need for them alone, and has no server made by it', async () => {
    const { world, ran } = machine({})
    assert.equal(await bootstrap(world, NODE, { tests: true }), 0)
    const file = '/etc/postgresql-common/createcluster.conf'
    assert.deepEqual(ran, [
      `sh -c mkdir -p /etc/postgresql-common && test -e ${file} || echo create_main_cluster = false > ${file}`,
      'env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends postgresql',
    ])
    const root = builtProject()
    const compiled = COMPILED.map((name) => join(root, name))
    const there = machine({ root, files: [SOFTHSM, ...compiled, '/usr/lib/postgresql/15/bin/postgres'] })
    assert.equal(await bootstrap(there.world, NODE, { tests: true }), 0)
    assert.deepEqual(there.ran, [])
  })

  it('installs nothing where that cannot be seen to', async () => {
    const { world, said } = machine({ exitCode: (line) => (line.startsWith('sh -c') ? 1 : 0) })
    assert.equal(await bootstrap(world, NODE, { tests: true }), 2)
    assert.equal(said.at(-1), 'Could not prepare the installation of postgresql: see above.')
  })

  it('asks for compilers only when npm will compile', async () => {
    const without = PROGRAMS.filter((name) => !['python3', 'make', 'g++'].includes(name))
    const current = machine({ programs: without })
    assert.equal(await bootstrap(current.world, NODE), 0)
    assert.deepEqual(current.ran, [])
    const fresh = machine({ programs: without, installed: undefined })
    assert.equal(await bootstrap(fresh.world, NODE), 0)
    assert.deepEqual(fresh.ran, [
      'env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3 make g++',
      'npm ci --include=dev --no-audit --no-fund',
    ])
  })

  it('fails when npm fails', async () => {
    const { world } = machine({ installed: undefined, exitCode: (line) => (line.startsWith('npm') ? 1 : 0) })
    assert.equal(await bootstrap(world, NODE), 1)
  })

  it('installs again when the lock file asks for another version', () => {
    const { world } = machine({
      installed: { packages: { 'node_modules/a': { version: '0.9.0', integrity: 'w' } } },
    })
    assert.equal(packagesAreCurrent(world), false)
  })

  it('installs again when a native package was not compiled', () => {
    assert.equal(packagesAreCurrent(machine({ files: [SOFTHSM] }).world), false)
  })

  it('compiles with the headers that lie beside node, and else leaves the choice to npm', () => {
    assert.deepEqual(npmSettings(machine({ files: ['/opt/node/include/node/node.h'] }).world), {
      npm_config_nodedir: '/opt/node',
    })
    assert.deepEqual(npmSettings(machine({ files: [] }).world), {})
  })

  it('builds again after a source has changed', () => {
    const root = builtProject()
    assert.equal(buildIsCurrent(root), true)
    const later = new Date(Date.now() + 2000)
    utimesSync(join(root, 'src/main.ts'), later, later)
    assert.equal(buildIsCurrent(root), false)
  })
})
