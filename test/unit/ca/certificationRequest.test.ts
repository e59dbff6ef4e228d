import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCertificationRequest } from '../../../ca/pki/certificationRequest.ts'
import {
  DER_NULL,
  bitString,
  der,
  derElements,
  objectIdentifier,
  sequence,
  tagged,
  unsignedInteger,
} from '../../../sap/der.ts'
import { subjectName } from '../../../sap/subjectName.ts'

const NAME = subjectName({ commonName: 'Ada', country: 'DE' })

function spkiOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' })
}

describe('readCertificationRequest — RFC 2986', function () {
  this.timeout(20_000)
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const info = sequence(unsignedInteger(Buffer.of(0)), NAME, spkiOf(publicKey), tagged(0))
  const ecdsa = (arc: number): Buffer => sequence(objectIdentifier(`1.2.840.10045.4.3.${arc}`))
  const signed = (digest: string, body = info): Buffer => bitString(sign(digest, body, privateKey))
  const good = sequence(info, ecdsa(2), signed('sha256'))

  it('reads name and key, byte for byte', () => {
    const read = readCertificationRequest(good, 'p-256')
    const subject = { commonName: 'Ada', country: 'DE' }
    assert.deepEqual(read, { subject, publicKey: spkiOf(publicKey), signedPart: info })
  })

  it('reads what openssl writes, and ignores the extensions that it asks for', () => {
    const folder = mkdtempSync(join(tmpdir(), 'chancery-csr-'))
    try {
      const key = join(folder, 'key.pem')
      writeFileSync(key, privateKey.export({ format: 'pem', type: 'pkcs8' }))
      const request = execFileSync('openssl', [
        ...['req', '-new', '-sha512', '-key', key, '-subj', '/C=DE/CN=Ada', '-outform', 'DER'],
        ...['-addext', 'basicConstraints=critical,CA:TRUE'],
      ])
      assert.equal(typeof readCertificationRequest(request, 'p-256'), 'object')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('refuses every flipped bit', () => {
    for (let bit = 0; bit < good.length * 8; bit++) {
      const changed = Buffer.from(good)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      assert.equal(typeof readCertificationRequest(changed, 'p-256'), 'string', `bit ${bit}`)
    }
  })

  it('refuses another spelling of a good ECDSA signature', () => {
    const signature = sign('sha256', info, privateKey)
    const [value] = derElements(signature) ?? []
    const numbers = derElements(value?.content ?? Buffer.alloc(0)) ?? []
    const padded = numbers.map(({ content }) => der(0x02, Buffer.of(0, 0), content))
    const respelt = sequence(info, ecdsa(2), bitString(sequence(...padded)))
    assert.equal(readCertificationRequest(respelt, 'p-256'), "the request's own signature is wrong")
  })

  const wrongSignature = "the request's own signature is wrong"
  const noRequest = 'the request is no PKCS#10 in DER'
  const [infoBody] = derElements(info) ?? []
  const parts = derElements(infoBody?.content ?? Buffer.alloc(0)) ?? []
  const [version, , key] = parts.map((part) => Buffer.from(part.whole))
  const withInfo = (...content: readonly (Buffer | undefined)[]): Buffer => {
    const body = sequence(...content.filter((part) => part !== undefined))
    return sequence(body, ecdsa(2), signed('sha256', body))
  }
  const refused: readonly [string, Buffer, string][] = [
    [
      'SHA-1',
      sequence(info, sequence(objectIdentifier('1.2.840.10045.4.1')), signed('sha1')),
      wrongSignature,
    ],
    ['another digest than it names', sequence(info, ecdsa(3), signed('sha256')), wrongSignature],
    [
      'parameters of an ECDSA algorithm',
      sequence(info, sequence(objectIdentifier('1.2.840.10045.4.3.2'), DER_NULL), signed('sha256')),
      wrongSignature,
    ],
    [
      'an algorithm for RSA',
      sequence(info, sequence(objectIdentifier('1.2.840.113549.1.1.11'), DER_NULL), signed('sha256')),
      wrongSignature,
    ],
    ['something after it', Buffer.concat([good, DER_NULL]), noRequest],
    ['something after the signature', sequence(info, ecdsa(2), signed('sha256'), DER_NULL), noRequest],
    ['something after the attributes', withInfo(version, NAME, key, tagged(0), DER_NULL), noRequest],
    ['no attributes', withInfo(version, NAME, key), noRequest],
    ['version 2', withInfo(unsignedInteger(Buffer.of(1)), NAME, key, tagged(0)), noRequest],
    [
      'a certificate',
      sequence(sequence(tagged(0, unsignedInteger(Buffer.of(2))), info), ecdsa(2), signed('sha256')),
      noRequest,
    ],
    ['nothing', Buffer.alloc(0), noRequest],
  ]
  for (const [title, bytes, reason] of refused)
    it(`refuses ${title}`, () => {
      assert.equal(readCertificationRequest(bytes, 'p-256'), reason)
    })

  it('refuses a key of another type, size or curve', () => {
    assert.equal(readCertificationRequest(good, 'p-384'), 'the request is not for a key of type p-384')
    assert.equal(readCertificationRequest(good, 'rsa-3072'), 'the request is not for a key of type rsa-3072')
    const weak = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const body = sequence(unsignedInteger(Buffer.of(0)), NAME, spkiOf(weak.publicKey), tagged(0))
    const algorithm = sequence(objectIdentifier('1.2.840.113549.1.1.11'), DER_NULL)
    const request = sequence(body, algorithm, bitString(sign('sha256', body, weak.privateKey)))
    assert.equal(
      readCertificationRequest(request, 'rsa-3072'),
      'the request is not for a key of type rsa-3072',
    )
  })
})
