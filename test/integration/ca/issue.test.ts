import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { AttestationStatement } from '../../../sap/attestation.ts'
import { KEY_TYPES, type KeyTypeName } from '../../../sap/algorithms.ts'
import { chainProblem } from '../../../sam/pki/certificateChain.ts'
import { SapFailure, type SapErrorCode } from '../../../sap/errors.ts'
import { attest, attestationStatement, buildCa, type TestCa } from '../../support/buildCa.ts'

const SUBJECT = '/C=DE/O=Test/SN=Lovelace/GN=Ada/serialNumber=PNODK-1234/CN=Ada Lovelace'

interface Signer {
  readonly credentialId: string
  readonly keyType: KeyTypeName
  readonly privateKey: KeyObject
  readonly publicKey: Buffer
}

function makeSigner(keyType: KeyTypeName = 'p-256'): Signer {
  const entry = KEY_TYPES[keyType]
  const pair =
    entry.family === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: entry.bits })
      : generateKeyPairSync('ec', { namedCurve: entry.curveName })
  return {
    credentialId: `cred-${randomUUID()}`,
    keyType,
    privateKey: pair.privateKey,
    publicKey: pair.publicKey.export({ format: 'der', type: 'spki' }),
  }
}

describe('ca: issue', function () {
  this.timeout(60_000)
  let ca: TestCa
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-issue-'))
    ca = await buildCa()
  })
  after(async () => {
    await ca.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A PKCS#10 request that openssl makes, not this project. */
  function request(signer: Signer, subject = SUBJECT): Buffer {
    const key = join(folder, 'key.pem')
    writeFileSync(key, signer.privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const digest = signer.keyType === 'p-384' ? '-sha384' : '-sha256'
    const args = ['req', '-new', digest, '-key', key, '-subj', subject, '-utf8', '-outform', 'DER']
    return execFileSync('openssl', args)
  }

  function attestAs(signer: Signer, changes: Partial<AttestationStatement> = {}): void {
    ca.sam.answer = (credentialId) => {
      const { publicKey, keyType } = signer
      return attest(
        ca.sam.identityKey,
        attestationStatement(credentialId, publicKey, { keyType, ...changes }),
      )
    }
  }

  async function issue(
    signer: Signer,
    certificationRequest = request(signer),
  ): Promise<{ readonly chain: readonly Buffer[]; readonly requestId: string }> {
    const requestId = randomUUID()
    const { credentialId } = signer
    const { chain } = await ca.ra.call('issue', { requestId, credentialId, certificationRequest })
    return { chain, requestId }
  }

  const eventRow = z.object({ type: z.string(), event: z.string() })
  async function eventsOf(requestId: string): Promise<readonly { type: string; event: unknown }[]> {
    const rows: unknown[] = await ca.running
      .knex('journal')
      .where({ request_id: requestId })
      .orderBy('sequence')
    return rows.map((row) => {
      const { type, event } = eventRow.parse(row)
      return { type, event: JSON.parse(event) as unknown }
    })
  }

  async function certificatesOf(credentialId: string): Promise<readonly unknown[]> {
    return ca.running.knex('certificate').where({ credential_id: credentialId })
  }

  /** Refused with this code; the reason is in the journal; nothing is issued. */
  async function refused(
    signer: Signer,
    code: SapErrorCode,
    reason: string,
    certificationRequest?: Buffer,
  ): Promise<void> {
    const requestId = randomUUID()
    const { credentialId } = signer
    const call = ca.ra.call('issue', {
      requestId,
      credentialId,
      certificationRequest: certificationRequest ?? request(signer),
    })
    await assert.rejects(call, (error) => error instanceof SapFailure && error.code === code)
    const events = await eventsOf(requestId)
    assert.equal(events.length, 1)
    assert.equal(events[0]?.type, 'REFUSED')
    const text = JSON.stringify(events[0].event)
    assert.ok(text.includes(`"code":"${code}"`) && text.includes(`"reason":${JSON.stringify(reason)}`), text)
    assert.ok(!text.includes('Lovelace'))
    assert.deepEqual(await certificatesOf(credentialId), [])
  }

  function openssl(args: readonly string[]): string {
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' })
  }
  function pemFile(name: string, der: Buffer): string {
    const file = join(folder, name)
    writeFileSync(file, new X509Certificate(der).toString())
    return file
  }
  const opensslVerify = (chain: readonly Buffer[]): string => {
    const [leaf, issuing] = chain
    assert.ok(leaf !== undefined && issuing !== undefined)
    return openssl([
      'verify',
      '-x509_strict',
      '-check_ss_sig',
      '-purpose',
      'any',
      '-CAfile',
      join(ca.folder, 'root.crt'),
      '-untrusted',
      pemFile('issuing.pem', issuing),
      pemFile('leaf.pem', leaf),
    ])
  }

  for (const keyType of ['rsa-3072', 'rsa-4096', 'p-256', 'p-384'] as const)
    it(`issues for an attested key what openssl takes as a strict chain: ${keyType}`, async () => {
      const signer = makeSigner(keyType)
      attestAs(signer)
      const { chain, requestId } = await issue(signer)
      assert.equal(chain.length, 2)
      assert.match(opensslVerify(chain), /leaf\.pem: OK/)
      const [leaf] = chain
      assert.ok(leaf !== undefined)
      const read = new X509Certificate(leaf)
      assert.deepEqual(read.publicKey.export({ format: 'der', type: 'spki' }), signer.publicKey)
      const trusted = [new X509Certificate(readFileSync(join(ca.folder, 'root.crt'))).raw]
      const { publicKey } = signer
      // As the SAM will, when the certificate is linked.
      assert.equal(chainProblem({ chain, trusted, publicKey, now: Date.now() }), undefined)
      const events = await eventsOf(requestId)
      assert.deepEqual(
        events.map(({ type }) => type),
        ['CERTIFICATE_BEGUN', 'CERTIFICATE_ISSUED'],
      )
      assert.ok(JSON.stringify(events).includes(read.serialNumber.toLowerCase().replace(/^0+/, '')))
    })

  it('writes the profile of a signature certificate: nonRepudiation alone, no CA, 128 random bits', async () => {
    const signer = makeSigner()
    attestAs(signer)
    const { chain } = await issue(signer)
    const [leaf] = chain
    assert.ok(leaf !== undefined)
    const text = openssl([
      'x509',
      '-in',
      pemFile('leaf.pem', leaf),
      '-noout',
      '-text',
      '-nameopt',
      'utf8,sep_comma_plus',
    ])
    assert.match(text, /Version: 3/)
    assert.match(text, /Signature Algorithm: ecdsa-with-SHA256/)
    assert.match(text, /Issuer: C=DE,O=Test,CN=Test Issuing CA\n/)
    assert.match(text, /Subject: C=DE,O=Test,SN=Lovelace,GN=Ada,serialNumber=PNODK-1234,CN=Ada Lovelace\n/)
    assert.match(text, /X509v3 Key Usage: critical\n\s+Non Repudiation\n/)
    assert.match(text, /X509v3 Basic Constraints: critical\n\s+CA:FALSE\n/)
    assert.match(text, /X509v3 Subject Key Identifier/)
    assert.match(text, /X509v3 Authority Key Identifier/)
    assert.doesNotMatch(text, /CRL Distribution|Authority Information|Certificate Policies/)
    const read = new X509Certificate(leaf)
    assert.ok(read.serialNumber.length >= 24)
    const days = (Date.parse(read.validTo) - Date.parse(read.validFrom)) / 86_400_000
    assert.ok(days > 729.9 && days < 730)
  })

  it('gives every certificate another serial number, also when many are asked for at once', async () => {
    const signers = Array.from({ length: 8 }, () => makeSigner())
    ca.sam.answer = (credentialId) => {
      const signer = signers.find((each) => each.credentialId === credentialId)
      assert.ok(signer !== undefined)
      return attest(ca.sam.identityKey, attestationStatement(credentialId, signer.publicKey))
    }
    const requests = signers.map((signer) => request(signer))
    const issued = await Promise.all(signers.map((signer, index) => issue(signer, requests[index])))
    const serials = issued.map(({ chain }) => new X509Certificate(chain[0] ?? '').serialNumber)
    assert.equal(new Set(serials).size, 8)
    await ca.running.deps.journal.verify(ca.running.knex)
  })

  describe('refuses — C06', () => {
    it('a key that the SAM does not know', async () => {
      ca.sam.answer = () => {
        throw new SapFailure('credential_unknown', 'none')
      }
      await refused(makeSigner(), 'certificate_refused', 'the SAM attests no such key')
    })
    it('a request for another key than the attested one', async () => {
      const [signer, other] = [makeSigner(), makeSigner()]
      attestAs(signer)
      const reason = 'the request is for another key than the attested one'
      await refused(signer, 'certificate_refused', reason, request(other))
    })
    it('an attestation of another credential', async () => {
      const signer = makeSigner()
      attestAs(signer, { credentialId: 'cred-of-somebody-else' })
      await refused(signer, 'certificate_refused', 'the attestation is of another credential')
    })
    it('an attestation by another key than the pinned one', async () => {
      const signer = makeSigner()
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      ca.sam.answer = (credentialId) =>
        attest(privateKey, attestationStatement(credentialId, signer.publicKey))
      await refused(signer, 'certificate_refused', "the attestation is not the SAM's, or was changed")
    })
    it('a statement that was changed after it was signed', async () => {
      const signer = makeSigner()
      ca.sam.answer = (credentialId) => {
        const honest = attest(ca.sam.identityKey, attestationStatement(credentialId, makeSigner().publicKey))
        const changed = attest(ca.sam.identityKey, attestationStatement(credentialId, signer.publicKey))
        return { statement: changed.statement, signature: honest.signature }
      }
      await refused(signer, 'certificate_refused', "the attestation is not the SAM's, or was changed")
    })
    it('another key type than the attested one', async () => {
      const signer = makeSigner('p-384')
      attestAs(signer, { keyType: 'p-256' })
      await refused(signer, 'certificate_refused', 'the request is not for a key of type p-256')
    })
    it('a profile that the configuration does not accept', async () => {
      const signer = makeSigner()
      attestAs(signer, { profile: 'nsp' })
      await refused(signer, 'certificate_refused', 'keys of profile nsp are not accepted')
    })
    it('a request with a wrong signature of its own', async () => {
      const signer = makeSigner()
      attestAs(signer)
      const changed = request(signer)
      const at = changed.indexOf('Lovelace')
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      await refused(signer, 'certificate_refused', "the request's own signature is wrong", changed)
    })
    it('a subject with an attribute that a signer does not have', async () => {
      const signer = makeSigner()
      attestAs(signer)
      const asked = request(signer, `${SUBJECT}/OU=Board of Directors`)
      await refused(signer, 'certificate_refused', 'the request names a subject that is not allowed', asked)
    })
    it('what is no request', async () => {
      const signer = makeSigner()
      attestAs(signer)
      const reason = 'the request is no PKCS#10 in DER'
      await refused(signer, 'certificate_refused', reason, Buffer.from('no request'))
      await refused(signer, 'certificate_refused', reason, Buffer.concat([request(signer), Buffer.of(5, 0)]))
    })
    it('everything while the SAM does not answer', async () => {
      const signer = makeSigner()
      ca.sam.answer = () => {
        throw new SapFailure('unavailable', 'LOCKED')
      }
      await refused(signer, 'unavailable', 'the SAM does not attest: unavailable')
    })
  })

  describe('one certificate for one key', () => {
    it('refuses a second one for the same credential', async () => {
      const signer = makeSigner()
      attestAs(signer)
      await issue(signer)
      await assert.rejects(
        issue(signer, request(signer, '/C=DE/CN=Ada King')),
        (error) => error instanceof SapFailure && error.code === 'already_exists',
      )
      assert.equal((await certificatesOf(signer.credentialId)).length, 1)
    })
    for (const keyType of ['p-256', 'rsa-3072'] as const)
      it(`answers the same request with the same certificate: ${keyType}`, async () => {
        const signer = makeSigner(keyType)
        attestAs(signer)
        const first = await issue(signer)
        // Made anew: with ECDSA its own signature is another one.
        const again = await issue(signer)
        assert.deepEqual(again.chain, first.chain)
        assert.equal((await certificatesOf(signer.credentialId)).length, 1)
        assert.deepEqual(await eventsOf(again.requestId), [])
      })
    it('refuses the same key under another credential', async () => {
      const signer = makeSigner()
      attestAs(signer)
      await issue(signer)
      const other = { ...signer, credentialId: `cred-${randomUUID()}` }
      await refused(other, 'already_exists', 'the credential or its key has a certificate')
    })
    it('issues one when ten ask at once', async () => {
      const signer = makeSigner()
      attestAs(signer)
      const asked = request(signer)
      const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => issue(signer, asked)))
      const issued = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value.chain] : []))
      const refusals = outcomes.flatMap((each) =>
        each.status === 'rejected' ? [each.reason as unknown] : [],
      )
      assert.ok(issued.length >= 1)
      for (const chain of issued) assert.deepEqual(chain, issued[0])
      for (const error of refusals) assert.ok(error instanceof SapFailure && error.code === 'already_exists')
      assert.equal((await certificatesOf(signer.credentialId)).length, 1)
    })
  })

  it('is for registration officers only', async () => {
    const signer = makeSigner()
    attestAs(signer)
    const { credentialId } = signer
    for (const role of ['ssa', 'ca', 'officer'] as const) {
      const requestId = randomUUID()
      const call = ca.client(role).call('issue', {
        requestId,
        credentialId,
        certificationRequest: request(signer),
      })
      await assert.rejects(call, (error) => error instanceof SapFailure && error.code === 'forbidden')
    }
    assert.deepEqual(await certificatesOf(credentialId), [])
  })

  it('goes on after a restart, and forgets nothing', async () => {
    const signer = makeSigner()
    attestAs(signer)
    const { chain: issued } = await issue(signer)
    await ca.stop()
    await ca.start()
    assert.deepEqual((await issue(signer)).chain, issued)
    await assert.rejects(
      issue(signer, request(signer, '/C=DE/CN=Ada King')),
      (error) => error instanceof SapFailure && error.code === 'already_exists',
    )
    const next = makeSigner()
    attestAs(next)
    const { chain } = await issue(next)
    assert.match(opensslVerify(chain), /OK/)
  })
})

describe('ca: issue, by configuration', function () {
  this.timeout(60_000)

  it('writes policies and addresses, and never outlives the issuing CA', async () => {
    const ca = await buildCa({
      config: {
        issuing: { commonName: 'Short', country: 'DE', validDays: 10, keyType: 'p-384' },
        certificates: {
          validDays: 730,
          policies: ['0.4.0.194112.1.2'],
          caIssuersUrl: 'http://pki.example/issuing.crt',
          ocspUrl: 'http://ocsp.example/',
          crlUrl: 'http://pki.example/issuing.crl',
        },
      },
    })
    const folder = mkdtempSync(join(tmpdir(), 'chancery-issue-'))
    try {
      const key = join(folder, 'key.pem')
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }))
      const spki = publicKey.export({ format: 'der', type: 'spki' })
      ca.sam.answer = (credentialId) => attest(ca.sam.identityKey, attestationStatement(credentialId, spki))
      const { chain } = await ca.ra.call('issue', {
        requestId: randomUUID(),
        credentialId: 'cred-1',
        certificationRequest: execFileSync('openssl', [
          ...['req', '-new', '-key', key, '-subj', '/C=DE/CN=Ada', '-outform', 'DER'],
        ]),
      })
      const [leaf, issuing] = chain.map((der) => new X509Certificate(der))
      assert.ok(leaf !== undefined && issuing !== undefined)
      assert.equal(leaf.validTo, issuing.validTo)
      const text = execFileSync('openssl', ['x509', '-noout', '-text'], {
        input: leaf.toString(),
        encoding: 'utf8',
      })
      assert.match(text, /Signature Algorithm: ecdsa-with-SHA384/)
      assert.match(text, /Policy: 0\.4\.0\.194112\.1\.2/)
      assert.match(text, /CA Issuers - URI:http:\/\/pki\.example\/issuing\.crt/)
      assert.match(text, /OCSP - URI:http:\/\/ocsp\.example\//)
      assert.match(text, /X509v3 CRL Distribution Points:[\s\S]*URI:http:\/\/pki\.example\/issuing\.crl/)
    } finally {
      await ca.dispose()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
