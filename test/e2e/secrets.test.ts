import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { CscRequestError } from '../../client/csc/cscErrors.ts'
import { connectCsc } from '../../client/csc/connectCsc.ts'
import type { CscSession } from '../../client/csc/cscSession.ts'
import { readConnection, type Connection } from '../../client/connection.ts'
import { samplePdf } from '../../ades/pdf/samplePdf.ts'
import { totp, totpSecret } from '../../client/totp.ts'
import { projectRoot } from '../../scripts/projectRoot.ts'
import {
  childrenOf,
  endScripts,
  freePorts,
  openTemporaryFolder,
  runScript,
  type RunningScript,
} from '../support/deployment.ts'
import { assertContract } from '../support/cscContract.ts'
import { watchProcesses, type ProcessWatch } from '../support/processWatch.ts'
import { findSecrets, findSecretsIn } from '../support/secretSearch.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'
const ECDSA_SHA384 = '1.2.840.10045.4.3.3'

/** Files in which a secret may be: those that hold it by design, closed to everybody but their owner. */
const HOLDERS = ['officer/', 'authority/', 'sam/outbox/', 'sam/pin', 'ca/pin', 'sam/tls.key', 'ca/tls.key']

describe('secrets after every flow, right and wrong', function () {
  this.timeout(180_000)
  const folder = openTemporaryFolder()
  const data = join(folder, 'data')
  let supervisor: RunningScript
  let watch: ProcessWatch
  let connection: Connection
  /** All that was printed by the supervisor and by commands. */
  const printed: string[] = []
  /** By what it is, so that a failure does not print it. */
  const secrets = new Map<string, string>()
  const remember = (what: string, value: string): string => {
    secrets.set(what, value)
    return value
  }

  before(async () => {
    watch = watchProcesses()
    supervisor = runScript('start', ['--data', data, '--port', String(await freePorts())])
    await supervisor.until(/Chancery serves/)
    connection = await readConnection(join(data, 'connection.json'))
  })
  after(async () => {
    watch.stop()
    await endScripts()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs `chancery` as a program of its own, while the watch looks at it. */
  async function chancery(...words: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, [join(projectRoot(), 'bin', 'chancery.js'), ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => printed.push(chunk.toString()))
    const code = await new Promise((resolve) => child.once('close', resolve))
    printed.push(out)
    assert.equal(code, 0, printed.slice(-3).join('\n'))
    return out.trim()
  }

  const contentOf = (file: string): string => readFileSync(file, 'utf8').trim()
  const factorFile = (kind: 'pin' | 'totp'): string => {
    const { pin, totp: app } = connection.signer.factors
    return (kind === 'pin' ? pin?.file : app?.secretFile) ?? assert.fail('no such factor')
  }
  const password = (): string => contentOf(connection.signer.passwordFile)

  function lastCode(): string {
    const outbox = join(data, 'sam', 'outbox')
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
      const told: unknown = answer.statusCode === 204 ? {} : await answer.body.json()
      await assertContract('v1', method, { status: answer.statusCode, body: told })
      return told
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

  it('are used: the signing command, in both versions, and the demo', async () => {
    const input = join(folder, 'in.pdf')
    writeFileSync(input, samplePdf())
    const pinFile = factorFile('pin')
    for (const version of ['v1', 'v2']) {
      const words = ['--connection', join(data, 'connection.json'), '--api', version, '--pin-file', pinFile]
      const signed = join(folder, `${version}.pdf`)
      await chancery('sign', input, signed, ...words)
      assert.ok(existsSync(signed))
      remember(`OTP of chancery sign ${version}`, lastCode())
    }
    const demo = runScript('demo', ['--data', data])
    assert.equal(await demo.ended, 0, demo.output())
    printed.push(demo.output())
    remember('OTP of the demo', lastCode())
  })

  it("are used: the officers' commands", async () => {
    const officer = ['--officer', join(data, 'officer', 'officer.yaml')]
    const signerId = await chancery('signer', 'create', 'Bert Test', '--country', 'DK', ...officer)
    const pinFile = join(folder, 'new-pin')
    writeFileSync(pinFile, remember("another signer's PIN", `n-${randomBytes(6).toString('hex')}`), {
      mode: 0o600,
    })
    await chancery('signer', 'pin', signerId, '--pin-file', pinFile, ...officer)
    const totpFile = join(folder, 'new-totp')
    await chancery('signer', 'totp', signerId, '--out', totpFile, ...officer)
    const uri = new URL(contentOf(totpFile))
    remember("another signer's TOTP secret", uri.searchParams.get('secret') ?? assert.fail('no secret'))
    const client = await connectCsc(connection, 'v1')
    const failed: unknown = await client
      .login(connection.signer.username, remember('second wrong password', randomBytes(9).toString('hex')))
      .catch((error: unknown) => error)
    assert.ok(failed instanceof Error)
    const session = await login('v1')
    const refused: unknown = await session
      .signHash({
        credentialId: connection.signer.credentials[1]?.id ?? '',
        sad: remember('SAD that is explained', randomBytes(32).toString('base64url')),
        hashes: [randomBytes(32)],
        hashAlgorithm: SHA256,
        signAlgorithm: ECDSA_SHA256,
      })
      .catch((error: unknown) => error)
    assert.ok(refused instanceof CscRequestError && refused.requestId !== undefined)
    assert.match(await chancery('explain', refused.requestId, ...officer), /sad_invalid/)
  })

  it('are in no argv and no environment: processes, supervisor, commands', () => {
    for (const name of ['sam', 'ca']) remember(`token PIN of ${name}`, contentOf(join(data, name, 'pin')))
    remember('operator token', contentOf(join(data, 'officer', 'operator-token')))
    assert.ok(secrets.size >= 30, `only ${secrets.size} secrets were used`)
    const seen = watch.stop()
    for (const wanted of [
      /start\.js .*--data/,
      /sam\/main\.js/,
      /ca\/main\.js/,
      /src\/main\.js/,
      /src\/provision\.js .*add-user/,
      /demo\.js .*--data/,
      /chancery\.js sign .*v1/,
      /chancery\.js sign .*v2/,
      /chancery\.js sign .*--mutual-tls/,
      /chancery\.js signer pin/,
      /chancery\.js signer totp/,
      /chancery\.js explain/,
    ])
      for (const file of ['cmdline', 'environ'] as const) {
        const pids = seen.filter(({ text }) => wanted.test(text)).map(({ pid }) => pid)
        assert.ok(
          seen.some((one) => pids.includes(one.pid) && one.file === file),
          `${file} of ${String(wanted)} was seen`,
        )
      }
    for (const { pid, file, text } of seen)
      assert.deepEqual(findSecrets(secrets, text), [], `${file} of process ${pid}`)
  })

  it('are in no log, no database and no other file but those that hold them by design', () => {
    const { searched, found } = findSecretsIn(data, secrets, HOLDERS)
    for (const expected of ['sam/sam.db', 'ssa/ssa.db', 'ca/ca.db', 'log/ssa.log', 'log/sam.log'])
      assert.ok(searched.includes(expected), `${expected} is searched`)
    assert.deepEqual(found, [])
  })

  it('are in nothing that the supervisor and the commands printed', () => {
    const all = [...printed, supervisor.output()].join('\n')
    assert.match(all, /Chancery serves[^]*Fingerprint|Fingerprint[^]*Chancery serves/i)
    assert.deepEqual(findSecrets(secrets, all), [])
  })

  it('are left by no process that is killed', async () => {
    for (const pid of childrenOf(data)) process.kill(pid, 'SIGKILL')
    process.kill(supervisor.process.pid ?? assert.fail('no pid'), 'SIGKILL')
    await supervisor.ended
    assert.deepEqual(findSecretsIn(data, secrets, HOLDERS).found, [])
  })

  it('would be found: the search sees them where they are', () => {
    const outbox = join(data, 'sam', 'outbox')
    const text = readdirSync(outbox)
      .map((name) => readFileSync(join(outbox, name), 'latin1'))
      .join()
    const found = findSecrets(secrets, text)
    for (const what of ['OTP v1', 'OTP v2', 'OTP of the demo'])
      assert.ok(found.includes(`${what} (as it is)`))
    assert.ok(findSecrets(secrets, readFileSync(factorFile('pin'), 'latin1')).includes('PIN (as it is)'))
    const everywhere = findSecretsIn(data, secrets, []).found
    for (const what of ['password', 'operator token', 'token PIN of sam', 'TOTP secret'])
      assert.ok(
        everywhere.some((where) => where.startsWith(`${what} (as it is) in`)),
        what,
      )
  })
})
