import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAttestation, publicKeySha256 } from '../../../sap/attestation.ts'
import type { SapErrorCode } from '../../../sap/errors.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { authorized, newHashes, signing } from '../../support/samActs.ts'
import { issueTestCertificate, makeAuthority } from '../../support/testPki.ts'

describe('keys of signers', () => {
  let sam: TestSam
  let signer: TestSigner
  before(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
  })
  after(() => sam.dispose())

  const generated = (keyType: 'p-256' | 'p-384' | 'rsa-3072' = 'p-256'): ReturnType<typeof generate> =>
    generate(keyType)
  async function generate(keyType: 'p-256' | 'p-384' | 'rsa-3072') {
    const request = { requestId: newRequestId(), signerId: signer.signerId, keyType, policy: 'otp' }
    return sam.ra.call('generateKey', request)
  }

  const rejects = async (code: SapErrorCode, call: Promise<unknown>): Promise<void> => {
    await assert.rejects(call, { code })
  }

  it('are attested by the identity key: this key, this signer, this wrapping key', async () => {
    const key = await generated()
    const identity = readFileSync(join(sam.folder, 'identity.pem'), 'utf8')
    const stated = openAttestation(key.attestation, identity)
    assert.equal(stated?.credentialId, key.credentialId)
    assert.equal(stated.signerId, signer.signerId)
    assert.equal(stated.publicKeySha256, publicKeySha256(key.publicKey))
    assert.equal(stated.wrappingKeyId, sam.deps.keys.wrap.id)
    assert.equal(stated.profile, 'dev')
    const read = await sam.ca.call('attestedKey', {
      requestId: newRequestId(),
      credentialId: key.credentialId,
    })
    assert.deepEqual(read.attestation, key.attestation)
    const changed = {
      ...key.attestation,
      statement: Buffer.from(key.attestation.statement.toString().replace('dev', 'nsp')),
    }
    assert.equal(openAttestation(changed, identity), undefined)
  })

  for (const keyType of ['p-256', 'p-384', 'rsa-3072'] as const)
    it(`ask for a certificate with a request that openssl takes: ${keyType}`, async () => {
      const { credentialId } = await generated(keyType)
      const { certificationRequest } = await sam.ra.call('certificationRequest', {
        requestId: newRequestId(),
        credentialId,
      })
      const file = join(sam.folder, `${credentialId}.der`)
      writeFileSync(file, certificationRequest)
      const args = [
        'req',
        '-inform',
        'DER',
        '-in',
        file,
        '-noout',
        '-verify',
        '-subject',
        '-nameopt',
        'RFC2253',
      ]
      const output = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      assert.match(output, /CN=Ada Test/)
    })

  it('sign nothing before a certificate is linked', async () => {
    const { credentialId, publicKey } = await generated()
    const bare = { ...signer, credentialId, publicKey }
    await rejects('credential_disabled', authorized(sam, bare, newHashes(1)))
  })

  it('take only a certificate for themselves, from a trusted issuer, that is valid now', async () => {
    const { credentialId, publicKey } = await generated()
    const other = await generated()
    const stranger = await makeAuthority({ name: 'CN=Stranger' })
    const chains = [
      [await issueTestCertificate(sam.issuer, other.publicKey)],
      [await issueTestCertificate(stranger, publicKey)],
      [
        await issueTestCertificate(sam.issuer, publicKey, {
          notAfter: Date.now() - 1000,
          notBefore: Date.now() - 5000,
        }),
      ],
      [await issueTestCertificate(sam.issuer, publicKey, { notBefore: Date.now() + 60_000 })],
      [Buffer.from('3003020100', 'hex')],
    ]
    for (const chain of chains)
      await rejects(
        'certificate_refused',
        sam.ra.call('linkCertificate', { requestId: newRequestId(), credentialId, chain }),
      )
    const good = [await issueTestCertificate(sam.issuer, publicKey)]
    await sam.ra.call('linkCertificate', { requestId: newRequestId(), credentialId, chain: good })
    await rejects(
      'state_forbids',
      sam.ra.call('linkCertificate', { requestId: newRequestId(), credentialId, chain: good }),
    )
    await rejects(
      'state_forbids',
      sam.ra.call('certificationRequest', { requestId: newRequestId(), credentialId }),
    )
  })

  it('sign with an expired certificate no more, and the refusal names the subject', async () => {
    const expiring = await makeSigner(sam, { signer, notAfter: Date.now() + 1_000 })
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, expiring, hashes)
    await new Promise((resolve) => setTimeout(resolve, 2_100))
    const call = sam.ssa.call('sign', signing(expiring, sad, hashes))
    await assert.rejects(call, {
      code: 'certificate_expired',
      subject: { organization: 'Test', commonName: 'Ada Test' },
    })
  })

  it('go from state to state as they may, and no other way', async () => {
    const { credentialId } = await makeSigner(sam, { signer })
    const change = { requestId: newRequestId(), credentialId, reason: 'test' }
    const own = { ...change, signerId: signer.signerId, clientId: signer.clientId }
    const bare = { ...change, credentialId: (await generated()).credentialId }
    await rejects('state_forbids', sam.ra.call('resume', bare))
    await sam.ssa.call('suspend', own)
    await sam.ssa.call('suspend', own)
    await sam.ra.call('resume', change)
    await sam.ra.call('resume', change)
    await sam.ra.call('destroy', change)
    await rejects('state_forbids', sam.ra.call('resume', change))
    await sam.ra.call('destroy', change)
    await rejects('state_forbids', sam.ssa.call('suspend', own))
  })

  it('are nowhere in the database once they are destroyed, in none of its files', async () => {
    const { credentialId } = await makeSigner(sam, { signer })
    const stored = await sam.deps.records.read('key', credentialId)
    const blob = stored?.value.wrappedKey?.toString('base64') ?? assert.fail('no blob')
    const isThere = async (): Promise<boolean> =>
      (await sam.database.contents()).includes(blob.slice(20, 120))
    assert.ok(await isThere())
    await sam.ra.call('destroy', { requestId: newRequestId(), credentialId, reason: 'test' })
    assert.equal(await isThere(), false)
    const { credentials } = await sam.ssa.call('credentials', {
      requestId: newRequestId(),
      signerId: signer.signerId,
      credentialId,
    })
    assert.equal(credentials[0]?.state, 'DESTROYED')
  })

  it('are made under configured policies and for known signers only', async () => {
    const request = {
      requestId: newRequestId(),
      signerId: signer.signerId,
      keyType: 'p-256',
      policy: 'otp',
    } as const
    await rejects('policy_unknown', sam.ra.call('generateKey', { ...request, policy: 'constructor' }))
    await rejects('signer_unknown', sam.ra.call('generateKey', { ...request, signerId: 'sgn-none' }))
  })
})
