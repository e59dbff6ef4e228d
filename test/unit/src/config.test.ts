import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ConfigError, loadConfig } from '../../../src/config.ts'

describe('ssa.yaml', () => {
  let folder: string
  const right = {
    node: 'ssa-1',
    publicUrl: 'https://sign.example',
    listen: { host: '0.0.0.0', port: 8443, tls: { certificate: 'a.crt', key: 'a.key' } },
    management: { host: '127.0.0.1', port: 8445, operatorTokenHashFile: 'a.key' },
    database: { file: 'ssa.db' },
    sam: {
      url: 'https://localhost',
      socketPath: 's.sock',
      certificate: 'a.crt',
      key: 'a.key',
      authority: 'a.crt',
    },
    info: { name: 'N', region: 'DK', lang: 'en', description: '', logo: 'https://sign.example/l.png' },
  }
  const plain = { host: '127.0.0.1', port: 8080, trustedProxy: true }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-config-'))
    for (const name of ['a.crt', 'a.key', 'open.key']) writeFileSync(join(folder, name), 'x')
    chmodSync(join(folder, 'a.key'), 0o600)
    chmodSync(join(folder, 'open.key'), 0o640)
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  const load = (document: unknown): ReturnType<typeof loadConfig> => {
    const file = join(folder, 'ssa.yaml')
    writeFileSync(file, typeof document === 'string' ? document : stringify(document))
    return loadConfig(file)
  }

  it('resolves paths from its own folder, and has defaults', () => {
    const config = load(right)
    assert.equal(config.database.file, join(folder, 'ssa.db'))
    assert.equal(config.sam.socketPath, join(folder, 's.sock'))
    assert.equal(config.tokens.accessSeconds, 3600)
    assert.equal(config.limits.failuresPerAccount, 20)
    assert.equal(config.mutualTls, undefined)
  })

  it('allows plain HTTP on loopback behind a declared proxy only', () => {
    assert.equal(load({ ...right, listen: plain }).listen.tls, undefined)
  })

  const { node: _, ...nameless } = right
  const bad: readonly [string, unknown, string][] = [
    ['what is no YAML', '{', 'cannot be read as YAML'],
    ['a missing key', nameless, 'node: '],
    ['an unknown key', { ...right, extra: 1 }, 'extra: unknown key'],
    ['an unknown key inside', { ...right, sam: { ...right.sam, pin: '1' } }, 'sam.pin: unknown key'],
    ['a wrong type', { ...right, listen: { ...right.listen, port: '1' } }, 'listen.port: '],
    ['a public URL without TLS', { ...right, publicUrl: 'http://sign.example' }, 'publicUrl: '],
    ['a public URL with a path', { ...right, publicUrl: 'https://sign.example/csc' }, 'publicUrl: '],
    ['plain HTTP without a proxy', { ...right, listen: { ...plain, trustedProxy: false } }, 'listen.tls: '],
    ['plain HTTP for everybody', { ...right, listen: { ...plain, host: '0.0.0.0' } }, 'listen.tls: '],
    [
      'management for everybody',
      { ...right, management: { ...right.management, host: '0.0.0.0' } },
      'management.host: ',
    ],
    [
      'a key that others may read',
      { ...right, sam: { ...right.sam, key: 'open.key' } },
      'sam.key: the file is open',
    ],
    [
      'a key that is not there',
      { ...right, sam: { ...right.sam, key: 'no.key' } },
      'sam.key: the file cannot be read',
    ],
    [
      'a certificate that is not there',
      { ...right, sam: { ...right.sam, authority: 'no' } },
      'sam.authority: ',
    ],
    [
      'a listed destination without a port',
      { ...right, callbacks: { listed: ['localhost'] } },
      'callbacks.listed.0: ',
    ],
    [
      'a list for everything',
      { ...right, egress: { listed: ['localhost:443'] } },
      'egress.listed: unknown key',
    ],
    [
      'a listed authority without a port',
      { ...right, timestamp: { url: 'https://tsa.example/', authority: 'a.crt', listed: ['localhost'] } },
      'timestamp.listed.0: ',
    ],
    [
      'authorities that are not there',
      { ...right, egress: { authorities: 'no' } },
      'egress.authorities: the file cannot be read',
    ],
    [
      'a time-stamping authority by file',
      { ...right, timestamp: { url: 'file:///tsa', authority: 'a.crt' } },
      'timestamp.url: ',
    ],
    [
      'a time-stamping authority that nothing is known of',
      { ...right, timestamp: { url: 'https://tsa.example/', authority: 'no' } },
      'timestamp.authority: the file cannot be read',
    ],
    [
      'a text of the API that is none',
      { ...right, info: { ...right.info, specs: '2.3.0.0' } },
      'info.specs: ',
    ],
    ['a country that is none', { ...right, info: { ...right.info, region: 'Denmark' } }, 'info.region: '],
  ]
  for (const [name, document, words] of bad)
    it(`refuses ${name} and names the key`, () => {
      assert.throws(
        () => load(document),
        (error) => error instanceof ConfigError && error.message.includes(`ssa.yaml: ${words}`),
      )
    })
})
