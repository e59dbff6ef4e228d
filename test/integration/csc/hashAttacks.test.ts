import assert from 'node:assert/strict'
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { membersOf } from '../../support/bodyOf.ts'
import { makeFaultModule } from '../../support/faultModule.ts'
import { journalOf, newHashes } from '../../support/samActs.ts'
import { makeSoftHsm } from '../../support/softhsm.ts'
import {
  anotherCredential,
  assertRefused,
  base64,
  buildService,
  call,
  makeAccount,
  sadFor,
  sign,
  signaturesIn,
  type Account,
  type Service,
} from '../../support/service.ts'

const SHA1 = '1.3.14.3.2.26'
const SHA224 = '2.16.840.1.101.3.4.2.4'
const MD5 = '1.2.840.113549.2.5'
const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA512 = '2.16.840.1.101.3.4.2.3'
const RSA = '1.2.840.113549.1.1.1'
const RSA_SHA256 = '1.2.840.113549.1.1.11'
const PSS = '1.2.840.113549.1.1.10'
const PSS_SHA256 = 'MDmgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgowMCAQE='
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

describe('hashes and algorithms that are wrong — CSC API v1.0.4.0 §11.6, §11.9', function () {
  this.timeout(60_000)
  let service: Service
  let rsa: Account
  let ec: Account

  before(async () => {
    service = await buildService()
    rsa = await makeAccount(service, { keyType: 'rsa-3072' })
    ec = await anotherCredential(service, rsa)
  })
  after(() => service.dispose())

  const lengths: readonly number[] = [0, 1, 20, 28, 31, 33, 51, 63, 65, 128, 129]
  for (const length of lengths)
    it(`gives no SAD for a hash of ${length} bytes (H01, H04, H08, H09)`, async () => {
      const hash = base64([randomBytes(length)])
      const body = { credentialID: rsa.credentialID, numSignatures: 1, hash, OTP: '123456' }
      await assertRefused(service, () => call(service, rsa, 'v1 credentials/authorize', body), {
        description: 'Invalid digest value length',
      })
    })

  it('gives no SAD for hashes of two lengths (H01)', async () => {
    const hash = base64([randomBytes(32), randomBytes(64)])
    const body = { credentialID: rsa.credentialID, numSignatures: 2, hash, OTP: '123456' }
    await assertRefused(service, () => call(service, rsa, 'v1 credentials/authorize', body), {
      description: 'Invalid digest value length',
    })
  })

  const named: readonly [string, number, string][] = [
    [SHA512, 32, 'Invalid digest value length'],
    [SHA256, 64, 'Invalid digest value length'],
    [SHA1, 20, 'Invalid parameter hashAlgorithmOID'],
    [SHA224, 28, 'Invalid parameter hashAlgorithmOID'],
    [MD5, 16, 'Invalid parameter hashAlgorithmOID'],
    ['1.2.3', 32, 'Invalid parameter hashAlgorithmOID'],
    ['2.999999999999999999999.1', 32, 'Invalid parameter hashAlgorithmOID'],
    ['02.16.840.1.101.3.4.2.1', 32, 'Invalid parameter hashAlgorithmOID'],
    [`${SHA256} `, 32, 'Invalid parameter hashAlgorithmOID'],
  ]
  for (const [hashAlgorithmOID, length, description] of named)
    it(`gives no v2 SAD for ${length} bytes of ${hashAlgorithmOID} (H01, H04, H15)`, async () => {
      const body = {
        credentialID: rsa.credentialID,
        numSignatures: 1,
        hashes: base64([randomBytes(length)]),
        hashAlgorithmOID,
        authData: [{ id: 'OTP', value: '123456' }],
      }
      await assertRefused(service, () => call(service, rsa, 'v2 credentials/authorize', body), {
        description,
      })
    })

  const MISSING_HASH_ALGO = 'Missing (or invalid type) string parameter hashAlgo'
  const forms: readonly [string, 'rsa' | 'ec', object, string][] = [
    [
      'sha256WithRSA with SHA-512 (H02)',
      'rsa',
      { signAlgo: RSA_SHA256, hashAlgo: SHA512 },
      'Invalid parameter hashAlgo',
    ],
    [
      'PSS whose parameters contradict hashAlgo (H02)',
      'rsa',
      { signAlgo: PSS, signAlgoParams: PSS_SHA256, hashAlgo: SHA512 },
      'Invalid parameter hashAlgo',
    ],
    ['bare RSA without hashAlgo (H03)', 'rsa', { signAlgo: RSA }, MISSING_HASH_ALGO],
    ['SHA-1 (H04)', 'rsa', { signAlgo: RSA, hashAlgo: SHA1 }, 'Invalid parameter hashAlgo'],
    ['MD5 (H04)', 'rsa', { signAlgo: RSA, hashAlgo: MD5 }, 'Invalid parameter hashAlgo'],
    ['sha1WithRSA (H04)', 'rsa', { signAlgo: '1.2.840.113549.1.1.5' }, 'Invalid parameter signAlgo'],
    ['sha224WithRSA (H04)', 'rsa', { signAlgo: '1.2.840.113549.1.1.14' }, 'Invalid parameter signAlgo'],
    ['ECDSA on an RSA key (H05)', 'rsa', { signAlgo: ECDSA_SHA256 }, 'Invalid parameter signAlgo'],
    ['RSA on an EC key (H05)', 'ec', { signAlgo: RSA_SHA256 }, 'Invalid parameter signAlgo'],
    ['Ed25519 (H05)', 'ec', { signAlgo: '1.3.101.112' }, 'Invalid parameter signAlgo'],
    ['ML-DSA-44 (H05)', 'ec', { signAlgo: '2.16.840.1.101.3.4.3.17' }, 'Invalid parameter signAlgo'],
    [
      'another digest than was authorized',
      'ec',
      { signAlgo: '1.2.840.10045.4.3.3' },
      'Invalid digest value length',
    ],
    [
      'PSS without parameters',
      'rsa',
      { signAlgo: PSS },
      'Missing (or invalid type) string parameter signAlgoParams',
    ],
    [
      'PSS with parameters that are no base64 (H07)',
      'rsa',
      { signAlgo: PSS, signAlgoParams: '***' },
      'Invalid parameter signAlgoParams',
    ],
    [
      'PSS with bytes after the parameters (H07)',
      'rsa',
      { signAlgo: PSS, signAlgoParams: changed((der) => Buffer.concat([der, Buffer.of(0)])) },
      'Invalid parameter signAlgoParams',
    ],
    [
      'PSS with indefinite length (H07)',
      'rsa',
      {
        signAlgo: PSS,
        signAlgoParams: changed((der) =>
          Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(2), Buffer.of(0, 0)]),
        ),
      },
      'Invalid parameter signAlgoParams',
    ],
    [
      'PSS with parameters cut short (H07)',
      'rsa',
      { signAlgo: PSS, signAlgoParams: changed((der) => der.subarray(0, 20)) },
      'Invalid parameter signAlgoParams',
    ],
    [
      'PSS with the SHA-1 defaults (H04, H07)',
      'rsa',
      { signAlgo: PSS, signAlgoParams: 'MAA=' },
      'Invalid parameter signAlgoParams',
    ],
    [
      'PSS with 200 kB of parameters (H07)',
      'rsa',
      { signAlgo: PSS, signAlgoParams: 'A'.repeat(200_000) },
      'Invalid parameter signAlgoParams',
    ],
    [
      'parameters where none belong (H07)',
      'rsa',
      { signAlgo: RSA_SHA256, signAlgoParams: PSS_SHA256 },
      'Invalid parameter signAlgoParams',
    ],
    [
      'an OID with a leading zero (H15)',
      'rsa',
      { signAlgo: RSA, hashAlgo: '2.16.840.1.101.3.04.2.1' },
      'Invalid parameter hashAlgo',
    ],
    [
      'an OID with a huge arc (H15)',
      'rsa',
      { signAlgo: `1.2.${'8'.repeat(50)}` },
      'Invalid parameter signAlgo',
    ],
  ]
  for (const [name, kind, form, description] of forms)
    it(`refuses ${name}`, async () => {
      const account = kind === 'rsa' ? rsa : ec
      const hashes = newHashes(1)
      const sad = await sadFor(service, account, hashes)
      await assertRefused(service, () => sign(service, account, sad, hashes, form), { description })
      const right = kind === 'rsa' ? { signAlgo: RSA_SHA256 } : {}
      signaturesIn(await sign(service, account, sad, hashes, right))
    })

  const arrays: readonly [string, unknown, string][] = [
    ['no array', 'AAAA', 'Missing (or invalid type) array parameter hash'],
    ['empty', [], 'Empty hash array'],
    ['nested', [['AAAA']], 'Invalid Base64 hash string parameter'],
    ['of null', [null], 'Invalid Base64 hash string parameter'],
    ['mixed', ['AAAA', 1, {}], 'Invalid Base64 hash string parameter'],
  ]
  for (const [name, hash, description] of arrays)
    it(`refuses a hash array that is ${name} (H13)`, async () => {
      const body = { credentialID: ec.credentialID, SAD: 'x', hash, signAlgo: ECDSA_SHA256 }
      await assertRefused(service, () => call(service, ec, 'v1 signatures/signHash', body), { description })
    })

  it('refuses a hash array of 100 000 in no time (H13)', async () => {
    const started = performance.now()
    const hash = Array.from({ length: 60_000 }, () => 1)
    const body = { credentialID: ec.credentialID, SAD: 'x', hash, signAlgo: ECDSA_SHA256 }
    const answer = await call(service, ec, 'v1 signatures/signHash', body)
    assert.equal(answer.status, 400)
    assert.ok(performance.now() - started < 5000)
  })

  it('gives ECDSA as minimal DER that OpenSSL verifies, for many signatures (H10)', async () => {
    const texts = newHashes(60)
    const hashes = texts.map((text) => createHash('sha256').update(text).digest())
    const sad = await sadFor(service, ec, hashes)
    const signatures = signaturesIn(await sign(service, ec, sad, hashes))
    const key = createPublicKey({ key: ec.signer.publicKey, format: 'der', type: 'spki' })
    for (const [n, signature] of signatures.entries()) {
      assert.ok(verify('sha256', texts[n] ?? Buffer.of(), key, signature))
      assert.equal(signature[0], 0x30)
      assert.equal(signature[1], signature.length - 2)
    }
  })
})

describe('an HSM that answers wrongly — H16', function () {
  this.timeout(60_000)
  const faults = [
    ['flip', 'SIGNATURE_WRONG'],
    ['truncate', 'SIGNATURE_WRONG'],
  ] as const
  for (const [kind, outcome] of faults)
    it(`releases no signature that the token got wrong: ${kind}`, async () => {
      const softHsm = await makeSoftHsm()
      const fault = await makeFaultModule(softHsm)
      const service = await buildService({ module: fault.module, environment: fault.environment })
      try {
        const account = await makeAccount(service, { keyType: 'rsa-3072' })
        const hashes = newHashes(2)
        const sad = await sadFor(service, account, hashes)
        // The SAD's record is remembered and needs no MAC: the first C_Sign of the request is the signature.
        fault.set({ call: 'C_Sign', fault: kind, first: 1, last: 1 })
        const form = { signAlgo: RSA_SHA256 }
        const answer = await sign(service, account, sad, hashes.slice(0, 1), form)
        fault.clear()
        assert.equal(answer.status, 503)
        assert.deepEqual(membersOf(answer.body), ['error', 'error_description'])
        assert.equal((await journalOf(service.sam, outcome)).length, 1)
        assert.deepEqual(await journalOf(service.sam, 'SIGNED'), [])
        await assertRefused(service, () => sign(service, account, sad, hashes.slice(1), form), {
          description: 'The credential identified by credentialID is disabled',
        })
      } finally {
        await service.dispose()
        await softHsm.dispose()
      }
    })
})

function changed(change: (der: Buffer) => Buffer): string {
  return change(Buffer.from(PSS_SHA256, 'base64')).toString('base64')
}
