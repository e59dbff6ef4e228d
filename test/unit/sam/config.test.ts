import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { parseFactors } from '../../../sap/factorExpression.ts'
import { ConfigError, loadConfig } from '../../../sam/config.ts'

type Document = Readonly<Record<string, unknown>>

const good: Document = {
  profile: 'dev',
  node: 'sam-1',
  listen: { socketPath: 'sap.sock' },
  tls: { certificate: 'tls.crt', key: 'tls.key', authority: 'ca.crt' },
  peers: [{ name: 'ssa-1', role: 'ssa', certificate: 'ssa.crt' }],
  database: { file: 'sam.db' },
  hsm: { module: '/lib/p11.so', token: 'sam', pinFile: 'pin', sessions: 2, loginGuardFile: 'guard' },
  trustedIssuers: ['root.crt'],
  otp: {},
  sad: { lifetimeSeconds: 300, limitSeconds: 900 },
  policies: { otp: { scal: '2', multisign: 5, factors: ['otp'], minimumGrade: 'plain-otp' } },
  channels: { file: { folder: 'outbox' } },
}

/** A part of the good document with changes. */
function part(key: string, changes: Document): Document {
  const value = good[key]
  return { ...(typeof value === 'object' ? value : {}), ...changes }
}

const policy = (changes: Document): Document => ({
  policies: { p: { scal: '2', multisign: 5, factors: ['otp'], minimumGrade: 'plain-otp', ...changes } },
})

describe('sam.yaml', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-config-'))
    for (const name of ['pin', 'tls.key', 'hook', 'mail', 'tls.crt', 'ca.crt', 'root.crt'])
      writeFileSync(join(folder, name), 'x', { mode: 0o600 })
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  function load(changes: Document): ReturnType<typeof loadConfig> {
    const file = join(folder, 'sam.yaml')
    writeFileSync(file, stringify({ ...good, ...changes }))
    return loadConfig(file)
  }

  it('resolves paths against its own folder and fills in defaults', () => {
    const config = load({})
    assert.equal(config.hsm.pinFile, join(folder, 'pin'))
    assert.deepEqual(config.listen, { socketPath: join(folder, 'sap.sock') })
    assert.equal(config.hsm.module, '/lib/p11.so')
    assert.deepEqual(config.otp, { lifetimeSeconds: 300, sendsPerQuarterHour: 5 })
    assert.deepEqual(config.factorChange, { waitingSeconds: 72 * 3600 })
    assert.equal(config.policies['otp']?.lateHashes, false)
    assert.deepEqual(config.policies['otp'].factors, { name: 'otp' })
    assert.equal(config.lockAfter, 5)
    assert.equal(config.receipts, true)
  })

  const socket = { socket: 'run', user: 'sam', database: 'sam' }
  const tls = { authority: 'ca.crt', certificate: 'tls.crt', key: 'tls.key' }

  it('takes a file or a PostgreSQL database, over a socket or over TLS', () => {
    assert.deepEqual(load({}).database, { file: join(folder, 'sam.db') })
    const common = { port: 5432, user: 'sam', database: 'sam' }
    assert.deepEqual(load({ database: { postgres: socket } }).database, {
      postgres: { ...common, host: join(folder, 'run'), passwordFile: undefined, tls: undefined },
    })
    const over = {
      host: 'db.example.org',
      port: 6432,
      user: 'sam',
      database: 'sam',
      passwordFile: 'pin',
      tls,
    }
    assert.deepEqual(load({ database: { postgres: over } }).database, {
      postgres: {
        ...common,
        port: 6432,
        host: 'db.example.org',
        passwordFile: join(folder, 'pin'),
        tls: {
          authority: join(folder, 'ca.crt'),
          certificate: join(folder, 'tls.crt'),
          key: join(folder, 'tls.key'),
        },
      },
    })
  })

  const network = { host: 'db.example.org', user: 'sam', database: 'sam', tls }
  const databases: readonly [string, Document, string][] = [
    ['neither', {}, 'database: give either file or postgres'],
    ['both', { file: 'sam.db', postgres: socket }, 'database: give either file or postgres'],
    [
      'a password in it',
      { postgres: { ...socket, password: 'x' } },
      'database.postgres.password: unknown key',
    ],
    [
      'neither socket nor host',
      { postgres: { user: 'a', database: 'b' } },
      'database.postgres.socket: give either socket or host',
    ],
    [
      'both socket and host',
      { postgres: { ...network, socket: 'run' } },
      'database.postgres.socket: give either socket or host',
    ],
    [
      'a host without TLS',
      { postgres: { ...network, tls: undefined } },
      'database.postgres.tls: is demanded with host',
    ],
    ['a socket with TLS', { postgres: { ...socket, tls } }, 'database.postgres.tls: is for host only'],
    [
      'a certificate without its key',
      { postgres: { ...network, tls: { ...tls, key: undefined } } },
      'database.postgres.tls: certificate and key belong together',
    ],
    [
      'a password file that others may read',
      { postgres: { ...socket, passwordFile: 'open' } },
      'database.postgres.passwordFile: the file is open to others (chmod 600)',
    ],
    [
      'a password file that is not there',
      { postgres: { ...socket, passwordFile: 'absent' } },
      'database.postgres.passwordFile: the file cannot be read',
    ],
    [
      'a key that others may read',
      { postgres: { ...network, tls: { ...tls, key: 'open' } } },
      'database.postgres.tls.key: the file is open to others (chmod 600)',
    ],
    [
      'an authority that is not there',
      { postgres: { ...network, tls: { ...tls, authority: 'absent' } } },
      'database.postgres.tls.authority: the file cannot be read',
    ],
    [
      'a certificate that is not there',
      { postgres: { ...network, tls: { ...tls, certificate: 'absent' } } },
      'database.postgres.tls.certificate: the file cannot be read',
    ],
  ]
  for (const [what, database, message] of databases)
    it(`refuses a database with ${what}`, () => {
      writeFileSync(join(folder, 'open'), 'x', { mode: 0o644 })
      assert.throws(() => load({ database }), new ConfigError(`${join(folder, 'sam.yaml')}: ${message}`))
    })

  it('reads a list of factors as all of them, and an expression as what it says', () => {
    const factorsOf = (factors: unknown): unknown => load(policy({ factors })).policies['p']?.factors
    assert.deepEqual(factorsOf(['otp', 'pin']), parseFactors('otp AND pin'))
    assert.deepEqual(factorsOf('pin AND (otp OR totp)'), parseFactors('pin AND (otp OR totp)'))
    assert.deepEqual(factorsOf('pin OR otp'), parseFactors('pin OR otp'))
  })

  const wrong: readonly [string, Document, RegExp][] = [
    ['an unknown key', { colour: 'red' }, /sam\.yaml: colour: unknown key$/],
    ['an unknown key below', { otp: { digits: 4 } }, /otp\.digits: unknown key$/],
    ['a missing key', { node: undefined }, /sam\.yaml: node: /],
    ['a profile that is none', { profile: 'prod' }, /profile: /],
    ['no peers', { peers: [] }, /peers: /],
    ['a role that is none', { peers: [{ name: 'x', role: 'admin', certificate: 'x' }] }, /peers\.0\.role: /],
    ['a SAD of an hour', { sad: { lifetimeSeconds: 300, limitSeconds: 3600 } }, /sad\.limitSeconds: /],
    [
      'a SAD that outlives its limit',
      { sad: { lifetimeSeconds: 600, limitSeconds: 300 } },
      /sad\.lifetimeSeconds: is longer/,
    ],
    ['no attempts at all', { lockAfter: 0 }, /lockAfter: /],
    ['a hundred attempts', { lockAfter: 100 }, /lockAfter: /],
    ['a PIN alone for SCAL 2', policy({ factors: ['pin'] }), /policies\.p\.factors: a PIN alone/],
    [
      'a PIN alone above static',
      policy({ scal: '1', factors: ['pin'], minimumGrade: 'plain-otp' }),
      /policies\.p\.factors: a PIN alone/,
    ],
    [
      'a PIN alone for SCAL 2 beside better ones',
      policy({ factors: 'pin OR otp', minimumGrade: 'static' }),
      /policies\.p\.factors: a PIN alone/,
    ],
    [
      'what nothing satisfies',
      policy({ factors: 'otp XOR otp' }),
      /policies\.p\.factors: nothing satisfies it/,
    ],
    [
      'a grade that no satisfying factors have',
      policy({ factors: '(otp XOR pin) AND pin', scal: '1' }),
      /policies\.p\.factors: a PIN alone/,
    ],
    [
      'a grade that the only sets with that factor miss',
      policy({ factors: 'totp AND (otp XOR totp)', minimumGrade: 'bound-otp' }),
      /policies\.p\.factors: no factors that satisfy it have the minimumGrade/,
    ],
    ['an expression that is none', policy({ factors: 'otp AND' }), /policies\.p\.factors: it ends too early/],
    [
      'mixed operators without parentheses',
      policy({ factors: 'otp AND pin OR totp' }),
      /policies\.p\.factors: parentheses are needed/,
    ],
    ['a factor that is none', policy({ factors: ['sms'] }), /policies\.p\.factors: /],
    ['a factor twice', policy({ factors: ['otp', 'otp'] }), /policies\.p\.factors: one is named twice/],
    [
      'a bound OTP from an app',
      policy({ factors: ['totp'], minimumGrade: 'bound-otp' }),
      /policies\.p\.minimumGrade: bound-otp needs/,
    ],
    [
      'late hashes where none are demanded',
      policy({ scal: '1', lateHashes: true }),
      /policies\.p\.lateHashes: is for SCAL 2/,
    ],
    [
      'late hashes with a code that names them',
      policy({ minimumGrade: 'bound-otp', lateHashes: true }),
      /policies\.p\.lateHashes: is for SCAL 2, and never above grade plain-otp/,
    ],
    [
      'a factor change without waiting time outside dev',
      {
        profile: 'nsp',
        factorChange: { waitingSeconds: 0 },
        channels: { webhook: { url: 'https://sms.example/', secretFile: 'hook' } },
      },
      /factorChange\.waitingSeconds: zero is for the dev profile only/,
    ],
    ['a waiting time below zero', { factorChange: { waitingSeconds: -1 } }, /factorChange\.waitingSeconds: /],
    ['no channel', { channels: {} }, /channels: none/],
    ['the folder channel outside dev', { profile: 'nsp' }, /channels\.file: is for the dev profile only/],
    [
      'a webhook without TLS',
      { channels: { webhook: { url: 'http://sms.example/', secretFile: 'hook' } } },
      /channels\.webhook\.url: must be https/,
    ],
    ['a secret file that is not there', { hsm: part('hsm', { pinFile: 'none' }) }, /hsm\.pinFile: /],
  ]
  for (const [what, changes, message] of wrong)
    it(`refuses ${what}, and names the key`, () => {
      assert.throws(
        () => load(changes),
        (error) => error instanceof ConfigError && message.test(error.message),
      )
    })

  for (const key of ['profile', 'node', 'listen', 'tls', 'peers', 'database', 'hsm', 'trustedIssuers'])
    it(`needs ${key}, and takes no text in place of it`, () => {
      const names = (error: unknown): boolean =>
        error instanceof ConfigError && new RegExp(`sam\\.yaml: ${key}: `).test(error.message)
      assert.throws(() => load({ [key]: undefined }), names)
      assert.throws(() => load({ [key]: '' }), names)
      assert.throws(() => load({ [key]: 7 }), names)
      assert.throws(() => load({ [key]: null }), names)
    })

  it('shows no value of what it refuses', () => {
    const secret = 'hunter2-in-the-wrong-place'
    for (const changes of [
      { hsm: part('hsm', { pin: secret }) },
      { profile: secret },
      { node: `${secret} ` },
      { lockAfter: secret },
      { listen: { host: secret, port: 0 } },
    ])
      assert.throws(
        () => load(changes),
        (error) => error instanceof ConfigError && !error.message.includes(secret),
      )
  })

  for (const [key, changes] of [
    ['tls.certificate', { tls: part('tls', { certificate: 'none' }) }],
    ['tls.authority', { tls: part('tls', { authority: 'none' }) }],
    ['trustedIssuers.1', { trustedIssuers: ['root.crt', 'none'] }],
  ] as const)
    it(`refuses a ${key} that is not there`, () => {
      assert.throws(() => load(changes), new RegExp(`${key.replaceAll('.', '\\.')}: the file cannot be read`))
    })

  it('takes a mail account whole or not at all', () => {
    const smtp = { host: 'mail.example', port: 587, secure: false, from: 'sam@example.org' }
    const channels = (account: Document): Document => ({ channels: { smtp: { ...smtp, ...account } } })
    assert.equal(load(channels({})).channels.smtp?.host, 'mail.example')
    const whole = load(channels({ user: 'sam', passwordFile: 'mail' }))
    assert.equal(whole.channels.smtp?.passwordFile, join(folder, 'mail'))
    for (const half of [{ user: 'sam' }, { passwordFile: 'mail' }])
      assert.throws(() => load(channels(half)), /channels\.smtp: user and passwordFile belong together/)
    chmodSync(join(folder, 'mail'), 0o604)
    assert.throws(
      () => load(channels({ user: 'sam', passwordFile: 'mail' })),
      /channels\.smtp\.passwordFile: the file is open to others/,
    )
  })

  it('refuses a webhook secret that is open to others', () => {
    chmodSync(join(folder, 'hook'), 0o660)
    const channels = { webhook: { url: 'https://sms.example/', secretFile: 'hook' } }
    assert.throws(() => load({ channels }), /channels\.webhook\.secretFile: the file is open to others/)
  })

  for (const [key, name] of [
    ['hsm.pinFile', 'pin'],
    ['tls.key', 'tls.key'],
  ] as const)
    it(`refuses a ${key} that is open to others`, () => {
      chmodSync(join(folder, name), 0o640)
      assert.throws(() => load({}), new RegExp(`${key}: the file is open to others`))
    })

  it('says so when the file is not YAML, without showing it', () => {
    const file = join(folder, 'sam.yaml')
    writeFileSync(file, 'a: [secret')
    assert.throws(
      () => loadConfig(file),
      (error) => error instanceof ConfigError && error.message === `${file}: cannot be read as YAML`,
    )
  })
})
