import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { connectCsc } from '../../client/csc/connectCsc.ts'
import type { CscSession } from '../../client/csc/cscSession.ts'
import { readConnection, type Connection } from '../../client/connection.ts'
import { totp, totpSecret } from '../../client/totp.ts'
import { deploy, type Deployment } from '../support/deployment.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
const ECDSA_SHA384 = '1.2.840.10045.4.3.3'

/** Files in which a secret may be: those that hold it by design, closed to everybody but their owner. */
const HOLDERS = ['officer/', 'authority/', 'sam/outbox/', 'sam/pin', 'ca/pin', 'sam/tls.key', 'ca/tls.key']

describe('secrets after every flow, right and wrong', function () {
  this.timeout(120_000)
  let deployment: Deployment
  let connection: Connection
  /** By what it is, so that a failure does not print it. */
  const secrets = new Map<string, string>()
  const remember = (what: string, value: string): string => {
    secrets.set(what, value)
    return value
  }

  before(async () => {
    deployment = await deploy()
    connection = await readConnection(deployment.connection)
  })
  after(() => deployment.remove())

  const contentOf = (file: string): string => readFileSync(file, 'utf8').trim()
  const factorFile = (kind: 'pin' | 'totp'): string => {
    const { pin, totp: app } = connection.signer.factors
    return (kind === 'pin' ? pin?.file : app?.secretFile) ?? assert.fail('no such factor')
  }
  const password = (): string => contentOf(connection.signer.passwordFile)

  function lastCode(): string {
    const outbox = join(deployment.data, 'sam', 'outbox')
    const codes = readdirSync(outbox)
      .sort()
      .flatMap((name) => /"code": "(\d+)"/.exec(readFileSync(join(outbox, name), 'utf8'))?.[1] ?? [])
    return codes.at(-1) ?? assert.fail('no code')
  }

  async function login(version: 'v1' | 'v2'): Promise<CscSession> {
    const client = await connectCsc(connection, version)
    const session = await client.login(connection.signer.username, password())
    remember(`access token ${version}`, session.accessToken)
    return session
  }

  async function signWithOtp(version: 'v1' | 'v2'): Promise<void> {
    const session = await login(version)
    const credentialId = connection.signer.credentials[1]?.id ?? assert.fail('no credential')
    const list = { hashes: [randomBytes(32)], hashAlgorithm: SHA256 }
    const act = (otp: string, pin: string): ReturnType<CscSession['authorize']> =>
      session.authorize({
        credentialId,
        numberOfSignatures: 1,
        list,
        factors: [
          { kind: 'otp', value: otp },
          { kind: 'pin', value: pin },
        ],
      })
    await session.sendOtp({ credentialId, binding: { ...list, nonce: randomBytes(16), label: 'secrets' } })
    const otp = remember(`OTP ${version}`, lastCode())
    const wrongOtp = remember(
      `wrong OTP ${version}`,
      otp.split('').reverse().join('') === otp ? '13579246' : otp.split('').reverse().join(''),
    )
    const wrongPin = remember(`wrong PIN ${version}`, `no-${randomBytes(6).toString('hex')}`)
    const pin = remember('PIN', contentOf(factorFile('pin')))
    await assert.rejects(act(wrongOtp, pin))
    await assert.rejects(act(otp, wrongPin))
    const { sad } = await act(otp, pin)
    remember(`SAD ${version}`, sad)
    const extended = await session.extend({ credentialId, sad, list })
    remember(`extended SAD ${version}`, extended.sad)
    const spent = { credentialId, sad: extended.sad, ...list, signAlgorithm: ECDSA_SHA256 }
    assert.equal((await session.signHash(spent)).length, 1)
    await assert.rejects(session.signHash(spent))
    await assert.rejects(
      session.signHash({
        ...spent,
        sad: remember(`made-up SAD ${version}`, randomBytes(32).toString('base64url')),
      }),
    )
    await session.revoke()
  }

  it('are used: OTP and PIN, right and wrong, in both versions', async () => {
    await signWithOtp('v1')
    await signWithOtp('v2')
  })

  it('are used: authenticator app and PIN', async () => {
    const session = await login('v2')
    const credentialId = connection.signer.credentials[2]?.id ?? assert.fail('no credential')
    const secret = remember('TOTP secret', contentOf(factorFile('totp')))
    const list = { hashes: [randomBytes(48)], hashAlgorithm: '2.16.840.1.101.3.4.2.2' }
    const factors = [
      { kind: 'totp', value: remember('TOTP code', totp(totpSecret(secret), new Date())) },
      { kind: 'pin', value: contentOf(factorFile('pin')) },
    ] as const
    const { sad } = await session.authorize({ credentialId, numberOfSignatures: 1, list, factors })
    remember('SAD by app', sad)
    await session.signHash({ credentialId, sad, ...list, signAlgorithm: ECDSA_SHA384 })
  })

  it('are used: a wrong password, a refresh token, tokens in the wrong places', async () => {
    remember('password', password())
    const client = await connectCsc(connection, 'v1')
    await assert.rejects(
      client.login(
        connection.signer.username,
        remember('wrong password', `no-${randomBytes(9).toString('hex')}`),
      ),
    )
    const { Agent } = await import('undici')
    const dispatcher = new Agent({ connect: { ca: readFileSync(connection.caFile ?? '') } })
    const post = async (method: string, headers: Record<string, string>, body: object): Promise<unknown> => {
      const answer = await request(`${connection.csc.v1}/${method}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        dispatcher,
      })
      return answer.statusCode === 204 ? {} : answer.body.json()
    }
    const basic = Buffer.from(`${connection.signer.username}:${password()}`).toString('base64')
    remember('Basic header', basic)
    const tokens = await post('auth/login', { authorization: `Basic ${basic}` }, { rememberMe: true })
    assert.ok(
      typeof tokens === 'object' && tokens !== null && 'refresh_token' in tokens && 'access_token' in tokens,
    )
    const refreshToken = remember('refresh token', String(tokens.refresh_token))
    const accessToken = remember('access token', String(tokens.access_token))
    await post('auth/login', {}, { refresh_token: refreshToken, rememberMe: true })
    await post('auth/login', {}, { refresh_token: refreshToken })
    await post('credentials/info', { authorization: `Bearer ${accessToken}` }, { credentialID: accessToken })
    await post(
      'credentials/authorize',
      { authorization: `Bearer ${accessToken}` },
      { credentialID: 'x', OTP: 7, PIN: accessToken },
    )
    await post('auth/revoke', { authorization: `Bearer ${accessToken}` }, { token: refreshToken })
    await post('credentials/list', { authorization: `Bearer ${accessToken}` }, {})
    await dispatcher.close()
  })

  it('are in no argv and no environment of the processes', () => {
    for (const name of ['token PIN of sam', 'token PIN of ca'])
      remember(name, contentOf(join(deployment.data, name.endsWith('sam') ? 'sam' : 'ca', 'pin')))
    remember('operator token', contentOf(join(deployment.data, 'officer', 'operator-token')))
    for (const name of ['sam', 'ca', 'ssa'])
      for (const file of ['cmdline', 'environ']) {
        const text = readFileSync(`/proc/${String(deployment.set.pidOf(name))}/${file}`, 'latin1')
        for (const [what, value] of secrets) assert.ok(!text.includes(value), `${what} in ${file} of ${name}`)
      }
  })

  it('are in no log, no database and no other file but those that hold them by design', () => {
    assert.ok(secrets.size >= 20, `only ${secrets.size} secrets were used`)
    const files = readdirSync(deployment.data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(deployment.data.length + 1))
      .filter((path) => !HOLDERS.some((holder) => path.startsWith(holder)))
    for (const expected of ['sam/sam.db', 'ssa/ssa.db', 'ca/ca.db', 'log/ssa.log', 'log/sam.log'])
      assert.ok(files.includes(expected), `${expected} is searched`)
    for (const path of files) {
      const content = readFileSync(join(deployment.data, path), 'latin1')
      for (const [what, value] of secrets) assert.ok(!stands(value, content), `${what} in ${path}`)
    }
  })

  it('would be found: the search sees them where they are', () => {
    const outbox = join(deployment.data, 'sam', 'outbox')
    const text = readdirSync(outbox)
      .map((name) => readFileSync(join(outbox, name), 'latin1'))
      .join()
    assert.ok(stands(secrets.get('OTP v1') ?? '', text))
    assert.ok(stands(secrets.get('PIN') ?? '', readFileSync(factorFile('pin'), 'latin1')))
  })
})

/** Six or eight digits are in every long number by chance: what stands alone is meant. */
function stands(value: string, content: string): boolean {
  if (!/^\d+$/.test(value)) return content.includes(value)
  return new RegExp(`(?<![0-9a-fA-F])${value}(?![0-9a-fA-F])`).test(content)
}
