import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { readAccount } from '../../../conformance/account/readAccount.ts'
import { secretIn } from '../../../conformance/account/secretIn.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'

const folder = scratchFolder('account')
const at = (name: string): string => join(folder, name)

const GOOD = {
  baseUrls: { v1: 'https://service.example/csc/v1', v2: 'https://service.example/csc/v2' },
  tls: { caFile: 'ca.pem', certificateFile: 'tls/client.crt', keyFile: '/keys/client.key' },
  user: {
    authentication: { basic: { username: 'ada', passwordFile: 'password' } },
    factors: {
      PIN: { file: 'pin' },
      TOTP: { secretFile: '../totp' },
      OTP: { folder: 'outbox' },
      SMS: { command: './code' },
    },
    credentials: ['one'],
  },
  other: { authentication: { bearer: { tokenFile: 'token' } } },
  lockable: { authentication: { none: {} } },
  disabled: 'a',
  expired: 'b',
  lifetimes: { sad: 1.5, token: 20, otp: 30 },
  lockAfter: 5,
}

function written(document: unknown, name = 'account.yaml'): string {
  writeFileSync(at(name), typeof document === 'string' ? document : stringify(document))
  return at(name)
}

async function complaint(document: unknown): Promise<string> {
  try {
    await readAccount(written(document))
  } catch (cause) {
    return cause instanceof Error ? cause.message.replaceAll(folder, '…') : ''
  }
  return 'none'
}

describe('conformance: the account file', () => {
  it('is read whole, its paths taken from its own folder', async () => {
    assert.deepEqual(await readAccount(written(GOOD)), {
      ...GOOD,
      tls: { caFile: at('ca.pem'), certificateFile: at('tls/client.crt'), keyFile: '/keys/client.key' },
      user: {
        authentication: { basic: { username: 'ada', passwordFile: at('password') } },
        factors: {
          PIN: { file: at('pin') },
          TOTP: { secretFile: join(folder, '../totp') },
          OTP: { folder: at('outbox') },
          SMS: { command: './code' },
        },
        credentials: ['one'],
      },
      other: { authentication: { bearer: { tokenFile: at('token') } }, factors: {} },
      lockable: { authentication: { none: {} }, factors: {} },
    })
  })

  it('may be JSON, and have a user alone', async () => {
    assert.deepEqual(await readAccount(written('{"user": {"authentication": {"none": {}}}}')), {
      baseUrls: {},
      tls: {},
      user: { authentication: { none: {} }, factors: {} },
      lifetimes: {},
    })
  })

  const { user } = GOOD
  const wrong: readonly [string, unknown, RegExp][] = [
    ['no user', { ...GOOD, user: undefined }, /: user: /],
    ['an unknown member', { ...GOOD, colour: 'red' }, /: colour: /],
    ['an address that is none', { ...GOOD, baseUrls: { v1: 'nonsense' } }, /: baseUrls\.v1: /],
    ['another version', { ...GOOD, baseUrls: { v3: GOOD.baseUrls.v1 } }, /: baseUrls\.v3: /],
    [
      'a password in an address',
      { ...GOOD, baseUrls: { v1: 'https://a:b@c/csc/v1' } },
      /: baseUrls\.v1: .*authentication/,
    ],
    ['an unknown member of tls', { ...GOOD, tls: { ca: 'x' } }, /: tls\.ca: /],
    ['a key without its certificate', { ...GOOD, tls: { keyFile: 'x' } }, /: tls\.certificateFile: /],
    ['no authentication', { ...GOOD, user: {} }, /: user\.authentication: /],
    [
      'an unknown way to log in',
      { ...GOOD, user: { authentication: { oauth: {} } } },
      /: user\.authentication: .*basic, bearer or none/,
    ],
    [
      'a password that stands in it',
      { ...GOOD, user: { authentication: { basic: { username: 'a', password: 'x' } } } },
      /: user\.authentication: /,
    ],
    [
      'an unknown source of a factor',
      { ...GOOD, user: { ...user, factors: { PIN: { value: '1' } } } },
      /: user\.factors\.PIN: .*file, secretFile, command or folder/,
    ],
    [
      'credentials that are no list',
      { ...GOOD, user: { ...user, credentials: 'one' } },
      /: user\.credentials: /,
    ],
    ['an unknown member of a user', { ...GOOD, other: { ...GOOD.other, name: 'x' } }, /: other\.name: /],
    ['a lifetime that is no number', { ...GOOD, lifetimes: { sad: 'soon' } }, /: lifetimes\.sad: /],
    ['a lifetime of nothing', { ...GOOD, lifetimes: { otp: 0 } }, /: lifetimes\.otp: /],
    ['an unknown lifetime', { ...GOOD, lifetimes: { tokens: 1 } }, /: lifetimes\.tokens: /],
    ['attempts that are no whole number', { ...GOOD, lockAfter: 1.5 }, /: lockAfter: /],
    ['a credential that is no text', { ...GOOD, disabled: 5 }, /: disabled: /],
  ]
  for (const [title, document, expected] of wrong)
    it(`names the member for ${title}`, async () => {
      const said = await complaint(document)
      assert.ok(said.startsWith('…/account.yaml: '), said)
      assert.match(said, expected)
    })

  it('is refused when it is neither YAML nor JSON, or is not there', async () => {
    assert.equal(await complaint('a: [b'), '…/account.yaml is neither YAML nor JSON.')
    await assert.rejects(readAccount(at('nowhere')), {
      message: `${at('nowhere')} cannot be read; \`chancery-conformance init\` writes such a file.`,
    })
  })

  it('may be the connection.json of a Chancery service as it is', async () => {
    const connection = {
      publicUrl: 'https://localhost:8443',
      csc: { v1: 'https://localhost:8443/csc/v1', v2: 'https://localhost:8443/csc/v2' },
      mutualTls: { v1: 'https://localhost:8444/csc/v1', v2: 'https://localhost:8444/csc/v2' },
      management: 'http://127.0.0.1:8445',
      caFile: '/data/public-ca.pem',
      client: { id: 'demo-app', name: 'Demo', certificateFile: '/data/c', keyFile: '/data/k' },
      signer: {
        username: 'ada',
        passwordFile: '/data/password',
        factors: {
          pin: { file: '/data/pin' },
          totp: { secretFile: '/data/totp' },
          otp: { folder: '/data/outbox' },
        },
        credentials: [{ id: 'cred-a', keyType: 'p-256', factors: ['otp', 'pin'], scal: '2', multisign: 100 }],
      },
    }
    assert.deepEqual(await readAccount(written(JSON.stringify(connection), 'connection.json')), {
      baseUrls: connection.csc,
      tls: { caFile: '/data/public-ca.pem' },
      user: {
        authentication: { basic: { username: 'ada', passwordFile: '/data/password' } },
        factors: {
          PIN: { file: '/data/pin' },
          OTP: { folder: '/data/outbox' },
          TOTP: { secretFile: '/data/totp' },
        },
      },
      lifetimes: {},
    })
  })
})

describe('conformance: secret files', () => {
  it('are read without the line feed at their end', async () => {
    writeFileSync(at('secret'), 'se cret\r\n', { mode: 0o600 })
    assert.equal(await secretIn(at('secret')), 'se cret')
  })

  it('are refused when others may read them, are empty, are folders or are not there', async () => {
    writeFileSync(at('shared'), 'x', { mode: 0o600 })
    chmodSync(at('shared'), 0o640)
    writeFileSync(at('empty'), '\n', { mode: 0o600 })
    mkdirSync(at('folder'))
    const refused = (name: string, reason: string): Promise<void> =>
      assert.rejects(secretIn(at(name)), { message: `${at(name)} ${reason}` })
    await refused('shared', 'may be read by others: set its mode to 0600.')
    await refused('empty', 'is empty.')
    await refused('folder', 'is a folder.')
    await refused('none', 'cannot be read.')
  })
})
