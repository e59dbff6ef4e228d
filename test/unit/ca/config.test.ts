import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ConfigError, loadConfig } from '../../../ca/config.ts'
import { caDocument } from '../../support/buildCa.ts'

describe('ca.yaml', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-ca-config-'))
    file = join(folder, 'ca.yaml')
    for (const secret of ['pin', 'tls.key']) writeFileSync(join(folder, secret), 'x\n', { mode: 0o600 })
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const good = caDocument({ module: '/usr/lib/module.so', environment: { SOFTHSM2_CONF: 'softhsm2.conf' } })
  const load = (changes: Record<string, unknown>): ReturnType<typeof loadConfig> => {
    writeFileSync(file, stringify({ ...good, ...changes }))
    return loadConfig(file)
  }

  it('resolves every path against its own folder', () => {
    const config = load({})
    assert.equal(config.folder, folder)
    assert.deepEqual(config.listen, { socketPath: join(folder, 'ca.sock') })
    assert.equal(config.hsm.pinFile, join(folder, 'pin'))
    assert.equal(config.hsm.environment['SOFTHSM2_CONF'], join(folder, 'softhsm2.conf'))
    assert.equal(config.sam.identityKey, join(folder, 'sam-identity.pem'))
    assert.equal(config.sam.socketPath, join(folder, 'sam.sock'))
    assert.equal(config.peers[0]?.certificate, join(folder, 'ssa.crt'))
    assert.equal(config.certificates.validDays, 730)
    assert.deepEqual(config.certificates.keyTypes, ['rsa-3072', 'rsa-4096', 'p-256', 'p-384'])
  })

  const root = { commonName: 'Root', country: 'DE', validDays: 1 }
  const refused: readonly [string, Record<string, unknown>, RegExp][] = [
    ['an unknown key', { colour: 'red' }, /ca\.yaml: colour: unknown key$/],
    ['an unknown key further in', { root: { ...root, x: 1 } }, /: root\.x: unknown key$/],
    ['a missing key', { acceptedProfiles: undefined }, /: acceptedProfiles: /],
    ['no accepted profile', { acceptedProfiles: [] }, /: acceptedProfiles: /],
    ['a profile that there is not', { acceptedProfiles: ['prod'] }, /: acceptedProfiles\.0: /],
    ['a country that is none', { root: { ...root, country: 'Germany' } }, /: root\.country: /],
    ['a name with a line break', { root: { ...root, commonName: 'a\nb' } }, /: root\.commonName: /],
    [
      'a key type for the issuing CA that it has not',
      { issuing: { ...root, keyType: 'rsa-3072' } },
      /: issuing\.keyType: /,
    ],
    [
      'a key type for signers that there is not',
      { certificates: { keyTypes: ['rsa-1024'] } },
      /: certificates\.keyTypes\.0: /,
    ],
    ['a policy that is no OID', { certificates: { policies: ['1.02'] } }, /: certificates\.policies\.0: /],
    ['an address that is none', { certificates: { ocspUrl: 'ldap://x' } }, /: certificates\.ocspUrl: /],
    ['a SAM without TLS', { sam: { url: 'http://localhost', identityKey: 'k' } }, /: sam\.url: /],
    [
      'certificates for longer than five years',
      { certificates: { validDays: 1831 } },
      /: certificates\.validDays: /,
    ],
  ]
  for (const [title, changes, message] of refused)
    it(`refuses ${title}, and names the key`, () => {
      assert.throws(
        () => load(changes),
        (error) => error instanceof ConfigError && message.test(error.message),
      )
    })

  for (const [key, secret] of [
    ['hsm.pinFile', 'pin'],
    ['tls.key', 'tls.key'],
  ] as const)
    it(`refuses ${key} that others may read, or that is not there`, () => {
      chmodSync(join(folder, secret), 0o640)
      const problem = (text: string): { name: string; message: string } => ({
        name: 'ConfigError',
        message: `${file}: ${key}: ${text}`,
      })
      assert.throws(() => load({}), problem('the file is open to others (chmod 600)'))
      rmSync(join(folder, secret))
      assert.throws(() => load({}), problem('the file cannot be read'))
    })

  it('refuses what is no YAML', () => {
    writeFileSync(file, ':\n  - }')
    assert.throws(() => loadConfig(file), ConfigError)
    assert.throws(() => loadConfig(join(folder, 'none.yaml')), ConfigError)
  })
})
