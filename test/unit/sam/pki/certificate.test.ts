import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { text } from '../../../../sap/codec.ts'
import { CertificateUnreadable, readCertificate } from '../../../../sam/pki/certificate.ts'
import { issueTestCertificate, makeAuthority, pemOf, type TestAuthority } from '../../../support/testPki.ts'

describe('readCertificate', () => {
  const publicKey = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({
    format: 'der',
    type: 'spki',
  })
  let root: TestAuthority
  before(async () => {
    root = await makeAuthority()
  })

  it('reads key, validity, names and usage', async () => {
    const notBefore = Date.UTC(2026, 0, 2, 3, 4, 5)
    const notAfter = Date.UTC(2055, 5, 6, 7, 8, 9)
    const der = await issueTestCertificate(root, publicKey, {
      name: 'CN=Zoë Ünal, O=Bücher GmbH, C=DE',
      notBefore,
      notAfter,
    })
    const read = readCertificate(der)
    assert.deepEqual(read.publicKey, publicKey)
    assert.deepEqual([read.notBefore, read.notAfter], [notBefore, notAfter + 999])
    assert.deepEqual(read.subject, { organization: 'Bücher GmbH', commonName: 'Zoë Ünal' })
    assert.deepEqual(read.issuerName, readCertificate(root.certificate).subjectName)
    assert.deepEqual([read.isCa, read.pathLength], [false, undefined])
    assert.deepEqual(read.keyUsage, { nonRepudiation: true, keyCertSign: false })
    assert.equal(read.signatureDigest, 'SHA-256')
  })

  it('leaves out what the subject does not have', async () => {
    const der = await issueTestCertificate(root, publicKey, { name: 'CN=Ada' })
    assert.deepEqual(readCertificate(der).subject, { organization: '', commonName: 'Ada' })
  })

  it('shows only what a message and a record can hold, whatever an external CA wrote', async () => {
    const name = `CN=a\u0007b\u202ec, O=${'\u{1f600}'.repeat(200)}`
    const { subject } = readCertificate(await issueTestCertificate(root, publicKey, { name }))
    assert.equal(subject.commonName, 'a b c')
    for (const value of Object.values(subject)) assert.equal(text(0, 255).parse(value, ''), value)
  })

  it('throws CertificateUnreadable on anything else', () => {
    const { certificate } = root
    const wrong = [
      Buffer.alloc(0),
      Buffer.from('no'),
      certificate.subarray(1),
      certificate.subarray(0, -1),
      Buffer.concat([certificate, certificate]),
      Buffer.from(pemOf(certificate)),
      publicKey,
    ]
    for (const der of wrong) assert.throws(() => readCertificate(der), CertificateUnreadable)
  })
})
