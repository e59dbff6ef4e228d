import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import 'reflect-metadata'
import { Extension, KeyUsageFlags } from '@peculiar/x509'
import { chainProblem, type ChainInput } from '../../../../sam/pki/certificateChain.ts'
import {
  issueTestCertificate,
  makeAuthority,
  pemOf,
  type TestAuthority,
  type TestCertificateOptions,
} from '../../../support/testPki.ts'

const DAY = 86_400_000
const rsa = (modulusLength: number): RsaHashedKeyGenParams => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength,
  publicExponent: Uint8Array.of(1, 0, 1),
})
const spki = (): Buffer =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'der', type: 'spki' })
const strange = (critical: boolean): Extension => new Extension('1.2.3.4', critical, Uint8Array.of(5, 0))

describe('chainProblem — RFC 5280 §6.1', function () {
  this.timeout(60_000)
  const publicKey = spki()
  let root: TestAuthority
  let issuing: TestAuthority
  let leaf: Buffer

  before(async () => {
    root = await makeAuthority()
    issuing = await makeAuthority({ name: 'CN=Test Issuing, C=DE', issuer: root, pathLength: 0 })
    leaf = await issueTestCertificate(issuing, publicKey)
  })

  const problem = (changes: Partial<ChainInput> = {}): string | undefined =>
    chainProblem({
      chain: [leaf, issuing.certificate],
      trusted: [root.certificate],
      publicKey,
      now: Date.now(),
      ...changes,
    })
  const withLeaf = async (options: Partial<TestCertificateOptions>): Promise<string | undefined> =>
    problem({ chain: [await issueTestCertificate(issuing, publicKey, options), issuing.certificate] })
  const withIssuer = async (options: Parameters<typeof makeAuthority>[0]): Promise<string | undefined> => {
    const other = await makeAuthority({ name: 'CN=Other Issuing, C=DE', issuer: root, ...options })
    return problem({ chain: [await issueTestCertificate(other, publicKey), other.certificate] })
  }

  describe('accepts', () => {
    it('a chain without its root', () => {
      assert.equal(problem(), undefined)
    })
    it('a chain with its root', () => {
      assert.equal(problem({ chain: [leaf, issuing.certificate, root.certificate] }), undefined)
    })
    it('an issuing CA that is trusted itself', () => {
      assert.equal(problem({ trusted: [issuing.certificate] }), undefined)
      assert.equal(problem({ chain: [leaf], trusted: [issuing.certificate] }), undefined)
    })
    it('one root among several', async () => {
      const other = await makeAuthority()
      assert.equal(problem({ trusted: [other.certificate, root.certificate] }), undefined)
    })
    it('an issuer with an RSA key, a digest of SHA-384, an unknown extension that is not critical', async () => {
      assert.equal(await withIssuer({ algorithm: rsa(3072) }), undefined)
      assert.equal(await withLeaf({ hash: 'SHA-384' }), undefined)
      assert.equal(await withLeaf({ extensions: [strange(false)] }), undefined)
    })
    it('digitalSignature beside nonRepudiation', async () => {
      const keyUsage = KeyUsageFlags.nonRepudiation | KeyUsageFlags.digitalSignature
      assert.equal(await withLeaf({ keyUsage }), undefined)
    })
    it('the last second of the validity', async () => {
      const notAfter = Math.ceil(Date.now() / 1000) * 1000 + 60_000
      const chain = [await issueTestCertificate(issuing, publicKey, { notAfter }), issuing.certificate]
      assert.equal(problem({ chain, now: notAfter + 999 }), undefined)
      assert.equal(problem({ chain, now: notAfter + 1000 }), 'certificate 1 of the chain has expired')
    })
  })

  describe("refuses of the signer's certificate", () => {
    it('another key', () => {
      assert.equal(problem({ publicKey: spki() }), "the signer's certificate is for another key")
    })
    it('expiry', async () => {
      assert.equal(await withLeaf({ notAfter: Date.now() - 2000 }), 'certificate 1 of the chain has expired')
    })
    it('a validity that begins later', async () => {
      assert.equal(
        await withLeaf({ notBefore: Date.now() + DAY }),
        'certificate 1 of the chain is not valid yet',
      )
    })
    it('a key usage without nonRepudiation, or none', async () => {
      const expected = "the signer's certificate lacks nonRepudiation"
      assert.equal(await withLeaf({ keyUsage: KeyUsageFlags.digitalSignature }), expected)
      assert.equal(await withLeaf({ keyUsage: undefined }), expected)
    })
    it('the powers of a CA', async () => {
      const expected = "the signer's certificate is that of a CA"
      assert.equal(await withLeaf({ isCa: true }), expected)
      const keyUsage = KeyUsageFlags.nonRepudiation | KeyUsageFlags.keyCertSign
      assert.equal(await withLeaf({ keyUsage }), expected)
    })
    it('an unknown critical extension', async () => {
      assert.equal(
        await withLeaf({ extensions: [strange(true)] }),
        'certificate 1 of the chain has the unknown critical extension 1.2.3.4',
      )
    })
    it('an extension that stands twice', async () => {
      assert.equal(
        await withLeaf({ extensions: [strange(false), strange(false)] }),
        'an extension stands twice (RFC 5280 §4.2)',
      )
    })
    it('a signature with SHA-1', async () => {
      assert.equal(
        await withLeaf({ hash: 'SHA-1' }),
        'certificate 1 of the chain is signed with a weak or unknown algorithm',
      )
    })
    it('a flipped bit, wherever it is', () => {
      let refused = 0
      for (let at = 0; at < leaf.length; at++) {
        const changed = Buffer.from(leaf)
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
        assert.notEqual(problem({ chain: [changed, issuing.certificate] }), undefined, `byte ${at}`)
        refused++
      }
      assert.equal(refused, leaf.length)
    })
    it('bytes after it, PEM, and what is no certificate', () => {
      const expected = 'not exactly one certificate in DER'
      assert.equal(problem({ chain: [Buffer.concat([leaf, Buffer.of(0)]), issuing.certificate] }), expected)
      assert.equal(problem({ chain: [Buffer.from(pemOf(leaf)), issuing.certificate] }), expected)
      assert.equal(problem({ chain: [Buffer.from('no'), issuing.certificate] }), 'not a certificate')
      assert.equal(problem({ chain: [] }), 'the chain is empty')
    })
  })

  describe('refuses of an issuer', () => {
    it('that it is no CA', async () => {
      assert.equal(await withIssuer({ isCa: false }), 'certificate 2 of the chain is not that of a CA')
    })
    it('a key usage without keyCertSign, or none', async () => {
      assert.equal(
        await withIssuer({ keyUsage: KeyUsageFlags.digitalSignature }),
        'certificate 1 of the chain is not signed by the next one',
      )
      assert.equal(
        await withIssuer({ keyUsage: undefined }),
        'certificate 2 of the chain may not sign certificates',
      )
    })
    it('a path longer than it allows', async () => {
      const tight = await makeAuthority({ name: 'CN=Tight', issuer: root, pathLength: 0 })
      const below = await makeAuthority({ name: 'CN=Below', issuer: tight })
      const chain = [await issueTestCertificate(below, publicKey), below.certificate, tight.certificate]
      assert.equal(problem({ chain }), 'certificate 3 of the chain allows no such long chain')
    })
    it('expiry, and a validity that begins later', async () => {
      assert.equal(
        await withIssuer({ notAfter: Date.now() - 2000 }),
        'certificate 2 of the chain has expired',
      )
      assert.equal(
        await withIssuer({ notBefore: Date.now() + DAY }),
        'certificate 2 of the chain is not valid yet',
      )
    })
    it('an expired root', async () => {
      const old = await makeAuthority({ name: 'CN=Old Root', notAfter: Date.now() - 2000 })
      const chain = [await issueTestCertificate(old, publicKey)]
      assert.equal(problem({ chain, trusted: [old.certificate] }), 'certificate 2 of the chain has expired')
    })
    it('a weak key', async () => {
      assert.equal(
        await withIssuer({ algorithm: rsa(2048) }),
        'certificate 2 of the chain has a weak or unknown kind of key',
      )
    })
    it('an unknown critical extension', async () => {
      assert.equal(
        await withIssuer({ extensions: [strange(true)] }),
        'certificate 2 of the chain has the unknown critical extension 1.2.3.4',
      )
    })
    it('another name', async () => {
      const impostor = { ...issuing, name: 'CN=Somebody Else, C=DE' }
      const chain = [await issueTestCertificate(impostor, publicKey), issuing.certificate]
      assert.equal(problem({ chain }), 'certificate 1 of the chain names another issuer')
    })
    it('the right name with another key', async () => {
      const impostor = await makeAuthority({ name: issuing.name })
      const chain = [await issueTestCertificate(impostor, publicKey), issuing.certificate]
      assert.equal(problem({ chain }), 'certificate 1 of the chain is not signed by the next one')
    })
  })

  describe('refuses of the path', () => {
    const untrusted = 'the chain does not end at a trusted certificate'
    it('a root that is not trusted, also if it bears the name of one that is', async () => {
      const impostor = await makeAuthority()
      const chain = [await issueTestCertificate(impostor, publicKey), impostor.certificate]
      assert.equal(problem({ chain }), untrusted)
      assert.equal(problem({ trusted: [] }), untrusted)
    })
    it('a missing link, a wrong order, something after the root', () => {
      assert.equal(problem({ chain: [leaf] }), untrusted)
      assert.equal(
        problem({ chain: [leaf, root.certificate] }),
        'certificate 1 of the chain names another issuer',
      )
      assert.equal(
        problem({ chain: [issuing.certificate, leaf] }),
        "the signer's certificate is for another key",
      )
      assert.equal(
        problem({ chain: [leaf, issuing.certificate, root.certificate, root.certificate] }),
        'certificate 4 of the chain comes after a trusted one',
      )
    })
    it("a signer's certificate that is trusted itself: nobody vouches for it", () => {
      assert.equal(problem({ chain: [leaf], trusted: [leaf] }), 'the chain has no issuer')
    })
  })
})
