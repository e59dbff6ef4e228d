import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate, generateKeyPairSync, randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { createAuthorityKeys } from '../../../ca/authorityKeys.ts'
import { ConfigError, loadConfig } from '../../../ca/config.ts'
import type { CaDeps } from '../../../ca/deps.ts'
import { issue } from '../../../ca/issue.ts'
import { JournalBroken } from '../../../ca/journal/journal.ts'
import { provision } from '../../../ca/provision.ts'
import { TokenUnfit } from '../../../hsm/errors.ts'
import { HsmUnavailable } from '../../../hsm/hsm.ts'
import { initToken, openToken } from '../../../hsm/token.ts'
import { attest, attestationStatement, buildCa, type TestCa } from '../../support/buildCa.ts'

const certificateRows = z.array(z.looseObject({ credential_id: z.string(), state: z.string() }))
const journalRows = z.array(z.looseObject({ sequence: z.number(), type: z.string() }))

function openssl(args: readonly string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
}

/** A credential with an attested key and openssl's request for it. */
function attestedCredential(ca: TestCa): {
  readonly credentialId: string
  readonly certificationRequest: Buffer
} {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-state-'))
  try {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = join(folder, 'key.pem')
    writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const spki = publicKey.export({ format: 'der', type: 'spki' })
    ca.sam.answer = (credentialId) => attest(ca.sam.identityKey, attestationStatement(credentialId, spki))
    const args = ['req', '-new', '-key', key, '-subj', '/C=DE/CN=Ada', '-outform', 'DER']
    return { credentialId: `cred-${randomUUID()}`, certificationRequest: execFileSync('openssl', args) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function stateOf(ca: TestCa, credentialId: string): Promise<readonly string[]> {
  const rows: unknown = await ca.running
    .knex('certificate')
    .where({ credential_id: credentialId })
    .orderBy('begun_at')
  return certificateRows.parse(rows).map(({ state }) => state)
}

async function journalOf(ca: TestCa): Promise<readonly string[]> {
  const rows: unknown = await ca.running.knex('journal').orderBy('sequence')
  return journalRows.parse(rows).map(({ type }) => type)
}

describe('ca: provision', function () {
  this.timeout(60_000)
  let ca: TestCa
  beforeEach(async () => {
    ca = await buildCa()
  })
  afterEach(async () => {
    await ca.dispose()
  })

  it('makes a root with a P-384 key and an issuing CA under it that may have no CA below', () => {
    const root = join(ca.folder, 'root.crt')
    const issuing = join(ca.folder, 'issuing.crt')
    assert.match(openssl(['verify', '-x509_strict', '-check_ss_sig', '-CAfile', root, issuing]), /OK/)
    const text = openssl(['x509', '-in', root, '-noout', '-text'])
    assert.match(text, /NIST CURVE: P-384/)
    assert.match(text, /Basic Constraints: critical\n\s+CA:TRUE\n/)
    assert.match(text, /Key Usage: critical\n\s+Certificate Sign, CRL Sign\n/)
    const below = openssl(['x509', '-in', issuing, '-noout', '-text'])
    assert.match(below, /NIST CURVE: P-256/)
    assert.match(below, /Signature Algorithm: ecdsa-with-SHA384/)
    assert.match(below, /CA:TRUE, pathlen:0\n/)
    assert.match(below, /Key Usage: critical\n\s+Certificate Sign, CRL Sign\n/)
  })

  it('changes nothing when it runs again', async () => {
    await ca.stop()
    const read = (name: string): string => readFileSync(join(ca.folder, name), 'utf8')
    const before = ['root.crt', 'issuing.crt'].map(read)
    rmSync(join(ca.folder, 'root.crt'))
    await provision(loadConfig(ca.configFile))
    assert.deepEqual(['root.crt', 'issuing.crt'].map(read), before)
    await ca.start()
  })

  it('goes on where a run stopped: keys in the token, nothing in the database', async () => {
    await ca.stop()
    const { config } = ca
    const hsm = { ...config.hsm, token: 'another' }
    const token = { ...hsm, tokenLabel: hsm.token }
    await initToken({ ...token, soPin: Buffer.from(randomUUID()) })
    const opened = await openToken(token)
    const keys = await createAuthorityKeys(opened, config.issuing)
    await opened.close()
    await provision({ ...config, hsm, database: { file: join(ca.folder, 'another.db') } })
    const issuing = new X509Certificate(readFileSync(join(ca.folder, 'issuing.crt')))
    assert.deepEqual(issuing.publicKey.export({ format: 'der', type: 'spki' }), keys.issuing.publicKey)
  })

  it('makes no second CA when the database is missing', async () => {
    await ca.stop()
    const { file } = ca.config.database
    renameSync(file, `${file}.away`)
    await assert.rejects(provision(ca.config), (error) => error instanceof ConfigError)
    assert.ok(!existsSync(file))
  })

  it('makes no second token for a database that has one', async () => {
    await ca.stop()
    const { config } = ca
    const elsewhere = { ...config, hsm: { ...config.hsm, token: 'not-there' } }
    await assert.rejects(provision(elsewhere), (error) => error instanceof TokenUnfit)
  })

  it('refuses a database of another CA', async () => {
    await ca.stop()
    const { config } = ca
    const hsm = { ...config.hsm, token: 'another' }
    const database = { file: join(ca.folder, 'another.db') }
    await provision({ ...config, hsm, database })
    await assert.rejects(provision({ ...config, database }), /not for the key in the token/)
    await assert.rejects(provision({ ...config, hsm }), /not for the key in the token/)
  })
})

describe('ca: faults', function () {
  this.timeout(60_000)
  let ca: TestCa
  beforeEach(async () => {
    ca = await buildCa()
  })
  afterEach(async () => {
    await ca.dispose()
  })

  const withHsm = (hsm: Partial<CaDeps['hsm']>): CaDeps => {
    const { deps } = ca.running
    return {
      ...deps,
      hsm: {
        random: (count) => deps.hsm.random(count),
        signWithResident: (...args) => deps.hsm.signWithResident(...args),
        ...hsm,
      },
    }
  }

  it('gives nothing away when the token signs wrongly, and lets the credential try again', async () => {
    const input = { requestId: randomUUID(), ...attestedCredential(ca) }
    const erring = withHsm({
      async signWithResident(...args) {
        const signature = await ca.running.deps.hsm.signWithResident(...args)
        signature.writeUInt8(signature.readUInt8(9) ^ 1, 9)
        return signature
      },
    })
    await assert.rejects(issue(erring, input), /signature of a certificate is wrong/)
    assert.deepEqual(await stateOf(ca, input.credentialId), ['ABANDONED'])
    const { chain } = await ca.ra.call('issue', { ...input, requestId: randomUUID() })
    assert.equal(chain.length, 2)
    assert.deepEqual(await stateOf(ca, input.credentialId), ['ABANDONED', 'ISSUED'])
    assert.deepEqual((await journalOf(ca)).slice(-4), [
      'CERTIFICATE_BEGUN',
      'CERTIFICATE_ABANDONED',
      'CERTIFICATE_BEGUN',
      'CERTIFICATE_ISSUED',
    ])
  })

  it('writes the intent before the token is asked', async () => {
    const input = { requestId: randomUUID(), ...attestedCredential(ca) }
    let seen: readonly string[] = []
    const watching = withHsm({
      async signWithResident() {
        seen = await stateOf(ca, input.credentialId)
        throw new HsmUnavailable('gone')
      },
    })
    await assert.rejects(issue(watching, input), HsmUnavailable)
    assert.deepEqual(seen, ['BEGUN'])
  })

  it('never signs twice under one number, nor with a number that is not random', async () => {
    const input = { requestId: randomUUID(), ...attestedCredential(ca) }
    const stuck = withHsm({ random: async (count) => Buffer.alloc(count) })
    await assert.rejects(issue(stuck, input), /no random serial number/)
    assert.deepEqual(await stateOf(ca, input.credentialId), [])
  })

  it('settles at the start what a killed process left begun', async () => {
    const credential = attestedCredential(ca)
    const { deps } = ca.running
    const isBegun = await deps.certificates.begin({
      serial: 'ab'.repeat(16),
      credentialId: credential.credentialId,
      signerId: 'signer-1',
      publicKeySha256: '00'.repeat(32),
      requestId: randomUUID(),
      requestSha256: '11'.repeat(32),
      begunAt: 1,
      notAfter: 2,
    })
    assert.ok(isBegun)
    await ca.stop()
    await ca.start()
    assert.deepEqual(await stateOf(ca, credential.credentialId), ['ABANDONED'])
    await ca.ra.call('issue', { requestId: randomUUID(), ...credential })
    assert.deepEqual(await stateOf(ca, credential.credentialId), ['ABANDONED', 'ISSUED'])
  })

  const tampering: readonly [string, (ca: TestCa) => Promise<unknown>][] = [
    [
      'an entry that was changed',
      ({ running: { knex } }) =>
        knex('journal')
          .where({ sequence: 1 })
          .update({ event: knex.raw(`replace(event, 'ca-1', 'ca-2')`) }),
    ],
    [
      'an entry that was taken out',
      ({ running: { knex } }) => knex('journal').where({ sequence: 1 }).delete(),
    ],
    [
      'a request id that was changed in its column only',
      ({ running: { knex } }) => knex('journal').where({ sequence: 2 }).update({ request_id: 'another-one' }),
    ],
    ['a journal that was emptied', ({ running: { knex } }) => knex('journal').delete()],
  ]
  for (const [title, tamper] of tampering)
    it(`does not start over ${title}`, async () => {
      const file = ca.config.database.file
      await ca.stop()
      await ca.start()
      const { knex } = ca.running
      await tamper(ca)
      // What the process itself would write at its end must not repair it.
      await knex.raw('PRAGMA wal_checkpoint(TRUNCATE)')
      const copy = readFileSync(file)
      await ca.stop()
      for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true })
      writeFileSync(file, copy)
      await assert.rejects(ca.start(), (error) => error instanceof JournalBroken)
    })

  it('refuses to issue once the issuing CA has expired', async () => {
    const { deps } = ca.running
    const late = { ...deps, now: () => deps.issuing.notAfter }
    const input = { requestId: randomUUID(), ...attestedCredential(ca) }
    await assert.rejects(issue(late, input), { code: 'unavailable' })
    assert.deepEqual(await stateOf(ca, input.credentialId), [])
  })

  it('keeps the names of persons out of its journal', async () => {
    const { chain } = await ca.ra.call('issue', { requestId: randomUUID(), ...attestedCredential(ca) })
    assert.match(new X509Certificate(chain[0] ?? '').subject, /CN=Ada/)
    const rows: unknown[] = await ca.running.knex('journal').select('event')
    assert.doesNotMatch(JSON.stringify(rows), /Ada/)
  })
})
