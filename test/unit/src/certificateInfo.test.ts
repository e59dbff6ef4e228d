import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import 'reflect-metadata'
import { CertificatePolicyExtension, Extension } from '@peculiar/x509'
import { certificateInfo } from '../../../src/adapters/pki/certificateInfo.ts'
import { distinguishedName } from '../../../src/adapters/pki/distinguishedName.ts'
import { issueTestCertificate, makeAuthority } from '../../support/testPki.ts'

/** A self-signed certificate with these lines of a subject, made by OpenSSL. */
function certificate(subject: readonly string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'chancery-dn-'))
  try {
    const head = ['[req]', 'prompt=no', 'utf8=yes', 'string_mask=utf8only', 'distinguished_name=dn', '[dn]']
    writeFileSync(join(folder, 'c.cnf'), [...head, ...subject, ''].join('\n'))
    const key = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      join(folder, 'k'),
    ]
    const more = [
      '-config',
      join(folder, 'c.cnf'),
      '-utf8',
      '-set_serial',
      '0x00ab01',
      '-out',
      join(folder, 'c'),
    ]
    execFileSync('openssl', ['req', '-x509', ...key, '-days', '3', ...more], { stdio: 'ignore' })
    return new X509Certificate(readFileSync(join(folder, 'c'))).raw
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('what is shown of a certificate — RFC 4514, CSC API v1.0.4.0 §11.5', () => {
  const names: readonly [string, readonly string[], string][] = [
    ['turns the order around', ['C=DK', 'O=Test', 'CN=Ada'], 'CN=Ada,O=Test,C=DK'],
    ['escapes what is special', ['CN=a "b" + c, d; <e>'], String.raw`CN=a b \+ c\, d\; \<e\>`],
    [
      'escapes a leading blank and number sign',
      [String.raw`O=\#1`, String.raw`CN=\ x`],
      String.raw`CN=\ x,O=\#1`,
    ],
    ['keeps letters of every script', ['CN=Åse 李'], 'CN=Åse 李'],
    [
      'gives names a short name that Java knows',
      ['GN=Ada', 'SN=Love', 'serialNumber=PNODK-1'],
      'serialNumber=PNODK-1,surname=Love,givenName=Ada',
    ],
    [
      'gives a type without a short name in hex',
      ['organizationIdentifier=VATDK-1'],
      '2.5.4.97=#0c0756415444' + '4b2d31',
    ],
    ['joins what stands together', ['CN=Ada', '+O=Test'], 'CN=Ada+O=Test'],
  ]
  for (const [title, subject, expected] of names)
    it(title, () => {
      assert.equal(certificateInfo(certificate(subject)).subjectDn, expected)
    })

  it('shows the serial number in upper-case hex, and the times', () => {
    const info = certificateInfo(certificate(['CN=Ada']))
    assert.equal(info.serialNumber, 'AB01')
    assert.equal(info.notAfter - info.notBefore, 3 * 86_400_000)
  })

  it('shows policies and QC statements, and none of an extension that is not what it should be', async () => {
    const publicKey = new X509Certificate(certificate(['CN=Ada'])).publicKey.export({
      format: 'der',
      type: 'spki',
    })
    const issuer = await makeAuthority()
    const shown = async (extensions: readonly Extension[]): Promise<object> => {
      const { policies, qcStatements } = certificateInfo(
        await issueTestCertificate(issuer, publicKey, { extensions }),
      )
      return { policies, qcStatements }
    }
    const statements = (hex: string): Extension =>
      new Extension('1.3.6.1.5.5.7.1.3', false, Buffer.from(hex, 'hex'))
    const policies = new CertificatePolicyExtension(['1.2.3.4', '0.4.0.194112.1.2'])
    assert.deepEqual(await shown([policies, statements('300a3008060604008e460101')]), {
      policies: ['1.2.3.4', '0.4.0.194112.1.2'],
      qcStatements: ['0.4.0.1862.1.1'],
    })
    for (const odd of ['0500', '3000', '300206013a', '3002300030', '30043002020100', 'ff'])
      assert.deepEqual(await shown([statements(odd)]), { policies: [], qcStatements: [] })
  })

  it('refuses what is no name', () => {
    for (const der of ['3000'.slice(0, 2), '0500', '300130', '3003020101'])
      assert.throws(() => distinguishedName(Buffer.from(der, 'hex')))
  })
})
