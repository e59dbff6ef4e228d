import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError } from '../../../src/config.ts'
import { systemClock, type Clock } from '../../../src/domain/time.ts'
import { memberOf, textIn } from '../../support/bodyOf.ts'
import { buildSsa, type Answer, type TestSsa } from '../../support/buildSsa.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'
import { makeAuthority, pemOf } from '../../support/testPki.ts'
import {
  opensslVerifies,
  testTsa,
  tokenText,
  TSA_POLICY,
  type TestTsa,
  type TsaOptions,
} from '../../support/testTsa.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA384 = '2.16.840.1.101.3.4.2.2'
const SHA512 = '2.16.840.1.101.3.4.2.3'
const digest = createHash('sha256').update('a document').digest()
const RIGHT = { hash: digest.toString('base64'), hashAlgo: SHA256 }
const NONCE = '00a1b2c3d4e5f60718'
const AWAY =
  'The authorization server is currently unable to handle the request due to a temporary overloading or maintenance of the server.'

interface Site {
  readonly sam: ScriptedSam
  readonly ssa: TestSsa
  readonly token: string
  stamp(body: object, version?: 'v1' | 'v2'): Promise<Answer>
  dispose(): Promise<void>
}

async function build(config: object, clock: Clock = systemClock): Promise<Site> {
  const sam = await scriptedSam()
  const ssa = await buildSsa({ sam, config: { ...config }, clock })
  await ssa.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
  const token = await ssa.login('ada', 'correct horse')
  return {
    sam,
    ssa,
    token,
    stamp: (body, version = 'v1') => ssa.post(version, 'signatures/timestamp', body, { token }),
    async dispose() {
      await ssa.dispose()
      await sam.dispose()
    },
  }
}

async function withTsa(
  tsa: TestTsa,
  changes: object = {},
  more: object = {},
  clock: Clock = systemClock,
): Promise<Site> {
  const trusted = join(scratchFolder('trusted'), 'ca.pem')
  await writeFile(trusted, tsa.ca)
  const config = {
    egress: { authorities: trusted },
    timestamp: {
      url: tsa.url,
      authority: tsa.authorityFile,
      withinSeconds: 1,
      listed: [`localhost:${tsa.port}`],
      ...changes,
    },
    ...more,
  }
  return build(config, clock)
}

describe('signatures/timestamp — CSC API v1.0.4.0 §11.10, v2.0.0.2 §11.13', () => {
  let tsa: TestTsa
  let site: Site

  before(async () => {
    tsa = await testTsa()
    site = await withTsa(tsa, { policy: TSA_POLICY }, { callbacks: { listed: ['localhost:1'] } })
  })
  beforeEach(() => {
    tsa.options = {}
  })
  after(async () => {
    await site.dispose()
    await tsa.close()
  })

  for (const version of ['v1', 'v2'] as const)
    it(`gives a token with the nonce that was sent, which OpenSSL verifies (${version})`, async () => {
      const answer = await site.stamp({ ...RIGHT, nonce: NONCE }, version)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      const token = Buffer.from(textIn(answer.body, 'timestamp'), 'base64')
      assert.equal(await opensslVerifies(tsa, token, digest), true)
      assert.equal(await opensslVerifies(tsa, token, createHash('sha256').update('b').digest()), false)
      const text = await tokenText(token)
      assert.match(text, /Nonce: 0xA1B2C3D4E5F60718/)
      assert.match(text, /Policy OID: 1\.2\.3\.4\.77/)
      const [event] = await site.ssa.journal(answer.requestId)
      assert.equal(memberOf(event, 'type'), 'timestamped')
    })

  it('takes SHA-384, and draws a nonce where none was sent', async () => {
    const hash = createHash('sha384').update('a').digest()
    const answer = await site.stamp({ hash: hash.toString('base64'), hashAlgo: SHA384 })
    const token = Buffer.from(textIn(answer.body, 'timestamp'), 'base64')
    assert.equal(await opensslVerifies(tsa, token, hash), true)
    assert.match(await tokenText(token), /Nonce: 0x[0-9A-F]{8}/)
  })

  it('verifies a TSA with an RSA key, too', async () => {
    const other = await testTsa('rsa')
    const its = await withTsa(other)
    const answer = await its.stamp(RIGHT)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    await its.dispose()
    await other.close()
  })

  it('is named by info of both versions', async () => {
    for (const version of ['v1', 'v2'] as const) {
      const { body } = await site.ssa.post(version, 'info', {})
      const methods = memberOf(body, 'methods')
      assert.ok(Array.isArray(methods) && methods.includes('signatures/timestamp'))
    }
  })

  const rows: readonly [object, string][] = [
    [{ hash: undefined }, 'Missing (or invalid type) string parameter hash'],
    [{ hash: [RIGHT.hash] }, 'Missing (or invalid type) string parameter hash'],
    [{ hash: '' }, 'Empty hash parameter'],
    [{ hash: 'AAAA' }, 'Invalid digest value length'],
    [{ hash: 'A'.repeat(400) }, 'Invalid digest value length'],
    [{ hashAlgo: SHA384 }, 'Invalid digest value length'],
    [{ hash: '@@@@' }, 'Invalid Base64 hash string parameter'],
    [{ hash: RIGHT.hash.slice(0, -1) }, 'Invalid Base64 hash string parameter'],
    [{ hashAlgo: undefined }, 'Invalid parameter hashAlgo'],
    [{ hashAlgo: 7 }, 'Invalid parameter hashAlgo'],
    [{ hashAlgo: 'sha256' }, 'Invalid parameter hashAlgo'],
    [{ hashAlgo: '1.3.14.3.2.26' }, 'Invalid parameter hashAlgo'],
    [{ nonce: 'xyz' }, 'Invalid parameter nonce'],
    [{ nonce: 7 }, 'Invalid parameter nonce'],
    [{ nonce: '' }, 'Invalid parameter nonce'],
    [{ nonce: 'f'.repeat(65) }, 'Invalid parameter nonce'],
    [{ clientData: 7 }, 'Invalid parameter clientData'],
  ]
  for (const [changes, description] of rows)
    it(`refuses ${JSON.stringify(changes).slice(0, 50)}: ${description}`, async () => {
      const before = tsa.received.length
      for (const version of ['v1', 'v2'] as const) {
        const answer = await site.stamp({ ...RIGHT, ...changes }, version)
        assert.equal(answer.status, 400)
        assert.deepEqual(answer.body, { error: 'invalid_request', error_description: description })
      }
      assert.equal(tsa.received.length, before, 'the TSA was not asked')
    })

  it('says of a header that is no Bearer what each version says', async () => {
    const common =
      'The request is missing a required parameter, includes an invalid parameter value, includes a parameter more than once, or is otherwise malformed.'
    for (const [version, words] of [
      ['v1', common],
      ['v2', 'Malformed authorization header.'],
    ] as const) {
      const answer = await site.ssa.post(version, 'signatures/timestamp', RIGHT, {
        authorization: 'Basic eDp5',
      })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, { error: 'invalid_request', error_description: words })
    }
  })

  it('says that the hash algorithm is invalid where the TSA takes no such (badAlg)', async () => {
    const hash = createHash('sha512').update('a').digest().toString('base64')
    const answer = await site.stamp({ hash, hashAlgo: SHA512 })
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, {
      error: 'invalid_request',
      error_description: 'Invalid parameter hashAlgo',
    })
  })

  /** Exchanges bytes of the same length. */
  const exchanged =
    (from: Buffer, to: Buffer) =>
    (query: Buffer): Buffer => {
      const at = query.indexOf(from)
      assert.ok(at > 0)
      return Buffer.concat([query.subarray(0, at), to, query.subarray(at + from.length)])
    }
  const flipped =
    (at: number) =>
    (reply: Buffer): Buffer => {
      const changed = Buffer.from(reply)
      const byte = changed.at(at) ?? 0
      changed.writeUInt8(byte ^ 1, changed.length + at)
      return changed
    }
  const oneSecondOff = (reply: Buffer): Buffer => {
    const at = /[0-9]{14}Z/.exec(reply.toString('latin1'))?.index ?? assert.fail('no time')
    const changed = Buffer.from(reply)
    changed.writeUInt8(changed.readUInt8(at + 13) ^ 1, at + 13)
    return changed
  }
  const exchangedCertificate = (reply: Buffer): Buffer => {
    const end = reply.indexOf(tsa.certificate) + tsa.certificate.length
    return flipped(end - 1 - reply.length)(reply)
  }
  const nonceBytes = Buffer.from('a1b2c3d4e5f60718', 'hex')
  const policy = Buffer.from('06042a03044d', 'hex')

  const broken: readonly [string, TsaOptions, string][] = [
    ['another nonce', { query: exchanged(nonceBytes, Buffer.alloc(8, 0x91)) }, 'the token has another nonce'],
    ['another hash', { query: exchanged(digest, Buffer.alloc(32, 5)) }, 'the token is for another hash'],
    [
      'another policy',
      { query: exchanged(policy, Buffer.from('06042a03044e', 'hex')) },
      'the token is under another policy',
    ],
    ['a content that was not signed', { reply: oneSecondOff }, 'the signature is over another content'],
    [
      'a certificate that was exchanged',
      { reply: (reply) => exchangedCertificate(reply) },
      'the signature names another certificate',
    ],
    ['a wrong signature', { reply: flipped(-1) }, 'the signature is wrong'],
    [
      'a rejection',
      { query: exchanged(policy, Buffer.from('06042a030409', 'hex')) },
      'not granted: status 2',
    ],
    ['an answer that is cut off', { reply: (reply) => reply.subarray(0, -9) }, 'the answer is no DER'],
    [
      'an answer with more behind it',
      { reply: (reply) => Buffer.concat([reply, reply]) },
      'the answer is no DER',
    ],
    ['an answer that is no DER', { reply: () => Buffer.from('<html>') }, 'the answer is no DER'],
    ['an empty answer', { reply: () => Buffer.alloc(0) }, 'the answer is no DER'],
    ['another media type', { contentType: 'text/html' }, 'another media type'],
    ['an error status', { status: 500 }, 'status 500'],
    ['a redirect', { status: 302 }, 'status 302'],
    ['an answer that is too long', { reply: () => Buffer.alloc(200_000) }, 'no answer (Error)'],
    ['silence', { isSilent: true }, 'no answer (ABORT_ERR)'],
  ]
  for (const [name, options, reason] of broken)
    it(`passes nothing on for ${name}`, async () => {
      tsa.options = options
      const answer = await site.stamp({ ...RIGHT, nonce: NONCE })
      assert.equal(answer.status, 503)
      assert.deepEqual(answer.body, { error: 'temporarily_unavailable', error_description: AWAY })
      const event = (await site.ssa.journal(answer.requestId)).at(-1)
      assert.equal(memberOf(event, 'detail'), `TSA: ${reason}`)
    })

  const detailOf = async (its: Site): Promise<unknown> => {
    const answer = await its.stamp(RIGHT)
    assert.equal(answer.status, 503)
    return memberOf((await its.ssa.journal(answer.requestId)).at(-1), 'detail')
  }

  it('passes on no token under another authority than the configured one', async () => {
    const file = join(scratchFolder('other'), 'ca.pem')
    await writeFile(file, pemOf((await makeAuthority({ name: 'CN=Test TSA Root, C=DE' })).certificate))
    const its = await withTsa(tsa, { authority: file })
    assert.equal(await detailOf(its), 'TSA: the chain ends at no configured authority')
    await its.dispose()
  })

  it('reaches no TSA on an address that is not public and not listed, or listed for callbacks only', async () => {
    const its = await withTsa(tsa, { listed: [] }, { callbacks: { listed: [`localhost:${tsa.port}`] } })
    const before = tsa.connections()
    assert.equal(await detailOf(its), 'TSA: refused: the name has no address')
    assert.equal(tsa.connections(), before)
    await its.dispose()
  })

  it('passes on no token of another time than now', async () => {
    const its = await withTsa(tsa, {}, {}, { now: () => Date.now() + 6 * 60_000 })
    assert.equal(await detailOf(its), 'TSA: the token tells another time')
    await its.dispose()
  })

  it('asks sixteen questions at a time, eight of one user, and no more', async () => {
    let release = (): void => undefined
    tsa.options = { held: new Promise((resolve) => (release = resolve)) }
    const its = await withTsa(tsa, { withinSeconds: 60 })
    const tokens = [its.token]
    for (const username of ['bob', 'eve']) {
      await its.ssa.addUser({ username, password: 'correct horse', signerId: `signer-${username}` })
      tokens.push(await its.ssa.login(username, 'correct horse'))
    }
    const before = tsa.connections()
    const refused: number[] = []
    const asked: Promise<Answer>[] = []
    // Those that were asked wait until the others were refused.
    for (const [index, token = ''] of tokens.entries()) {
      const refusedBefore = refused.length
      for (let n = 0; n < 10; n++) {
        const asking = its.ssa.post('v1', 'signatures/timestamp', RIGHT, { token })
        asked.push(asking)
        void asking.then(({ status }) => {
          if (status === 503) refused.push(index)
        })
      }
      while (refused.length < refusedBefore + (index === 2 ? 10 : 2)) await sleep(10)
    }
    release()
    await Promise.all(asked)
    assert.deepEqual(refused, [0, 0, 1, 1, ...Array<number>(10).fill(2)])
    assert.equal(tsa.connections() - before, 16)
    tsa.options = {}
    assert.equal((await its.stamp(RIGHT)).status, 200)
    await its.dispose()
  })

  it('says that a TSA is away when it is', async () => {
    const gone = await testTsa()
    const its = await withTsa(gone)
    await gone.close()
    assert.equal(await detailOf(its), 'TSA: no answer (ECONNREFUSED)')
    await its.dispose()
  })

  it('names the listed destinations in the log at start', () => {
    const lines = site.ssa.log.filter((line) => line.includes('"event":"egress"'))
    assert.equal(lines.length, 1)
    assert.ok(lines[0]?.includes(`"callbacks":["localhost:1"],"timestamp":["localhost:${tsa.port}"]`))
  })
})

describe('a service without a time-stamping authority', () => {
  it('does not offer signatures/timestamp', async () => {
    const site = await build({})
    for (const version of ['v1', 'v2'] as const) {
      assert.equal((await site.stamp(RIGHT, version)).status, 501)
      const methods = memberOf((await site.ssa.post(version, 'info', {})).body, 'methods')
      assert.ok(Array.isArray(methods) && !methods.includes('signatures/timestamp'))
    }
    await site.dispose()
  })
})

describe('authorities that are no certificates', () => {
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  for (const content of ['', 'no PEM', broken])
    for (const key of ['timestamp.authority', 'egress.authorities'])
      it(`keep the service from starting: ${key} with ${JSON.stringify(content.slice(0, 12))}`, async () => {
        const file = join(scratchFolder('authorities'), 'ca.pem')
        await writeFile(file, content)
        const config =
          key === 'egress.authorities'
            ? { egress: { authorities: file } }
            : { timestamp: { url: 'https://tsa.example/', authority: file } }
        const sam = await scriptedSam()
        await assert.rejects(buildSsa({ sam, config }), (error: unknown) => {
          assert.ok(error instanceof ConfigError)
          assert.ok(error.message.startsWith(`${key}: `))
          return true
        })
        await sam.dispose()
      })
})
