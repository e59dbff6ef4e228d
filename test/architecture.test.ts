import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { importsOf, violations, type ImportRules, type SourceFile } from './support/importRules.ts'

const DATABASES = ['store', 'src/adapters/db', 'sam/state', 'ca/state', 'bench']
const HTTP = ['src/api', 'src/pages', 'src/management', 'src/main.ts']
const PKI = ['src/adapters/pki', 'sam/pki', 'ca', 'client', 'conformance', 'scripts/setup/x509.ts']

/** docs/architecture.md, as a table. Tests and the benchmark may look into everything; nothing looks into them. */
const RULES: ImportRules = {
  folders: {
    sap: [],
    hsm: ['sap'],
    store: [],
    egress: [],
    ades: ['sap'],
    'src/domain': ['sap'],
    'src/ports': ['src/domain', 'sap', 'ades'],
    'src/csc': ['src/domain', 'src/ports', 'sap', 'ades'],
    'src/adapters': ['src/domain', 'src/ports', 'sap', 'store', 'egress', 'ades'],
    'src/api': ['src/domain', 'src/ports', 'src/csc', 'sap'],
    'src/management': ['src/domain', 'src/ports'],
    src: ['sap', 'egress'],
    'sam/activation': [
      'sam/state',
      'sam/pki',
      'sam/journal',
      'sam/channels',
      'sam/deps.ts',
      'sam/ids.ts',
      'sam/clock.ts',
      'hsm',
      'sap',
      'store',
    ],
    'sam/state': ['sam/journal', 'sam/ids.ts', 'sam/clock.ts', 'hsm', 'sap', 'store'],
    sam: ['sap', 'hsm', 'store', 'egress'],
    ca: ['sap', 'hsm', 'store'],
    client: ['sap', 'ades'],
    scripts: ['sap', 'client', 'ades', 'hsm/softHsmModule.ts'],
    conformance: ['openapi'],
    bench: ['sap', 'hsm', 'store', 'sam', 'ca', 'src', 'client', 'scripts'],
  },
  packages: {
    undici: ['sap/transport', 'client', 'bench', 'conformance'],
    pkcs11js: ['hsm', 'bench'],
    knex: DATABASES,
    sqlite3: DATABASES,
    pg: ['store'],
    express: HTTP,
    'openapi-backend': HTTP,
    ajv: HTTP,
    '@peculiar/x509': PKI,
    'reflect-metadata': PKI,
    pkijs: PKI,
    asn1js: PKI,
    '@noble/curves': ['sam', 'client', 'hsm'],
    '@node-rs/argon2': ['sam', 'src/adapters'],
    jose: ['src'],
    nodemailer: ['sam/channels'],
    'rate-limiter-flexible': ['src'],
    pino: ['sam', 'ca', 'src'],
    'prom-client': ['src', 'sam', 'ca'],
    yaml: ['sam', 'ca', 'src', 'scripts', 'client', 'conformance'],
    zod: ['store', 'sam', 'ca', 'src', 'scripts', 'client', 'conformance'],
    commander: ['client', 'conformance'],
    uqr: ['client', 'scripts'],
    '@redocly/openapi-core': ['scripts/lintContracts.ts'],
  },
}

function sourcesOf(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return { path, ...importsOf(readFileSync(path, 'utf8')) }
    })
}

describe('architecture', () => {
  it('lets each folder import only what docs/architecture.md allows, without a cycle', () => {
    const present = readdirSync('.')
    const folders = [...new Set(Object.keys(RULES.folders).map((folder) => folder.replace(/\/.*/, '')))]
    const files = folders.filter((folder) => present.includes(folder)).flatMap(sourcesOf)
    assert.ok(files.length > 10)
    assert.deepEqual(violations(files, RULES), [])
  })

  const planted: readonly [string, readonly SourceFile[], string][] = [
    [
      'the SSA looking into the SAM',
      [{ path: 'src/csc/info.ts', imports: ['../../sam/state/open.ts'] }],
      'src/csc/info.ts imports sam/state/open.ts',
    ],
    [
      'the contract depending on a part',
      [{ path: 'sap/codec.ts', imports: ['../hsm/hsm.ts'] }],
      'sap/codec.ts imports hsm/hsm.ts',
    ],
    [
      'the client depending on the service',
      [{ path: 'client/sign.ts', imports: ['../src/domain/errors.ts'] }],
      'client/sign.ts imports src/domain/errors.ts',
    ],
    [
      'a use case that knows HTTP',
      [{ path: 'src/csc/info.ts', imports: ['../api/app.ts'] }],
      'src/csc/info.ts imports src/api/app.ts',
    ],
    [
      'PKCS#11 outside hsm',
      [{ path: 'sam/operations/sign.ts', imports: ['pkcs11js'] }],
      'sam/operations/sign.ts imports package pkcs11js',
    ],
    [
      'a package in the contract',
      [{ path: 'sap/codec.ts', imports: ['zod'] }],
      'sap/codec.ts imports package zod',
    ],
    [
      'a package that nobody owns',
      [{ path: 'sam/main.ts', imports: ['lodash/fp'] }],
      'sam/main.ts imports package lodash',
    ],
    [
      'a new folder without a rule',
      [{ path: 'misc/a.ts', imports: [] }],
      'misc/a.ts: lies in no folder that has a rule',
    ],
    [
      'a cycle',
      [
        { path: 'sam/a.ts', imports: ['./b.ts'] },
        { path: 'sam/b.ts', imports: ['./a.ts'] },
      ],
      'cycle: sam/a.ts → sam/b.ts → sam/a.ts',
    ],
  ]
  for (const [name, files, expected] of planted)
    it(`notices ${name}`, () => {
      assert.deepEqual(violations(files, RULES), [expected])
    })

  it('lets one file make an Activation, and one file redeem it', () => {
    const users = (call: string): readonly string[] =>
      ['sam', 'src', 'ca', 'client', 'hsm', 'sap', 'scripts']
        .flatMap(sourcesOf)
        .map((file) => file.path)
        .filter((path) => readFileSync(path, 'utf8').includes(call))
    assert.deepEqual(users('Activation.mint('), ['sam/activation/activate.ts'])
    assert.deepEqual(users('.redeem()'), ['sam/activation/signer.ts'])
  })

  it('lets the types of a package be named in its part only', () => {
    const file = (path: string): SourceFile => ({ path, imports: [], typeImports: ['knex'] })
    assert.deepEqual(violations([file('sam/operations/sign.ts')], RULES), [])
    assert.deepEqual(violations([file('client/sign.ts')], RULES), ['client/sign.ts imports package knex'])
  })

  it('reads every form of import', () => {
    const source = `import a from './a.ts'
      import type { B } from './b.ts'
      export { c } from './c.ts'
      export * from './d.ts'
      import 'e'
      import { type F } from './f.ts'
      const g = await import('./g.ts')
      const h = await import(name)`
    assert.deepEqual(importsOf(source), {
      imports: ['./a.ts', './c.ts', './d.ts', 'e', './f.ts', './g.ts', 'computed import'],
      typeImports: ['./b.ts'],
    })
  })
})
