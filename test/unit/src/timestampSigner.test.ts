import assert from 'node:assert/strict'
import { webcrypto, X509Certificate } from 'node:crypto'
import { ExtendedKeyUsage, ExtendedKeyUsageExtension, Extension } from '@peculiar/x509'
import { signerProblem, type TimestampSigner } from '../../../src/adapters/pki/timestamp/timestampSigner.ts'
import {
  issueTestCertificate,
  makeAuthority,
  type TestAuthority,
  type TestCertificateOptions,
} from '../../support/testPki.ts'

const DAY = 86_400_000
const timeStamping = new ExtendedKeyUsageExtension([ExtendedKeyUsage.timeStamping], true)

describe("a time-stamp's signer — RFC 3161 §2.3", () => {
  let root: TestAuthority
  let intermediate: TestAuthority
  let publicKey: Uint8Array

  before(async () => {
    root = await makeAuthority({ name: 'CN=Root' })
    intermediate = await makeAuthority({ name: 'CN=Issuing', issuer: root })
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
    publicKey = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey))
  })

  const problemOf = async (
    issuer: TestAuthority,
    options: Partial<TestCertificateOptions> = {},
    changes: Partial<TimestampSigner> = {},
  ): Promise<string | undefined> => {
    const der = await issueTestCertificate(issuer, publicKey, { extensions: [timeStamping], ...options })
    return signerProblem({
      certificate: new X509Certificate(der),
      pool: [intermediate, root].map(({ certificate }) => new X509Certificate(certificate)),
      anchors: [root.certificate],
      now: Date.now(),
      ...changes,
    })
  }

  it('is good under the authority itself, and under one between', async () => {
    assert.equal(await problemOf(root), undefined)
    assert.equal(await problemOf(intermediate), undefined)
  })

  it('is good under an authority that is trusted without its own issuer', async () => {
    assert.equal(
      await problemOf(intermediate, {}, { anchors: [intermediate.certificate], pool: [] }),
      undefined,
    )
  })

  const notAlone = "the signer's certificate is not for time-stamping alone"
  const usages: readonly [string, readonly Extension[]][] = [
    ['no extended key usage', []],
    ['another usage', [new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth], true)]],
    [
      'a usage besides',
      [new ExtendedKeyUsageExtension([ExtendedKeyUsage.timeStamping, ExtendedKeyUsage.codeSigning], true)],
    ],
    ['a usage that is not critical', [new ExtendedKeyUsageExtension([ExtendedKeyUsage.timeStamping], false)]],
  ]
  for (const [name, extensions] of usages)
    it(`is refused with ${name}`, async () => {
      assert.equal(await problemOf(root, { extensions }), notAlone)
    })

  it('is refused when it has expired, or is not valid yet', async () => {
    assert.equal(
      await problemOf(root, { notAfter: Date.now() - DAY / 2 }),
      "the signer's certificate has expired",
    )
    assert.equal(
      await problemOf(root, { notBefore: Date.now() + DAY }),
      "the signer's certificate is not valid yet",
    )
  })

  it('is refused with a critical extension that nobody here reads', async () => {
    const unknown = new Extension('1.2.3.4', true, Uint8Array.from([5, 0]))
    assert.match(
      (await problemOf(root, { extensions: [timeStamping, unknown] })) ?? '',
      /critical extension 1\.2\.3\.4/,
    )
  })

  const noPath = 'the chain ends at no configured authority'
  it('is refused under another authority of the same name', async () => {
    const twin = await makeAuthority({ name: 'CN=Root' })
    assert.equal(await problemOf(twin), noPath)
  })

  it('is refused when a certificate between is missing, has expired, or is no CA', async () => {
    assert.equal(await problemOf(intermediate, {}, { pool: [] }), noPath)
    const expired = await makeAuthority({ name: 'CN=Old', issuer: root, notAfter: Date.now() - 1000 })
    assert.equal(await problemOf(expired, {}, { pool: [new X509Certificate(expired.certificate)] }), noPath)
    const noCa = await makeAuthority({ name: 'CN=None', issuer: root, isCa: false })
    assert.equal(await problemOf(noCa, {}, { pool: [new X509Certificate(noCa.certificate)] }), noPath)
  })

  it('is refused under a longer chain than an authority allows', async () => {
    const short = await makeAuthority({ name: 'CN=Short', issuer: root, pathLength: 0 })
    const below = await makeAuthority({ name: 'CN=Below', issuer: short })
    const pool = [short, below].map(({ certificate }) => new X509Certificate(certificate))
    assert.equal(await problemOf(short, {}, { pool }), undefined)
    assert.equal(await problemOf(below, {}, { pool }), noPath)
  })
})
