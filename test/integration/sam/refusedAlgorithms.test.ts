import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { DIGESTS } from '../../../sap/algorithms.ts'
import type { SapErrorCode } from '../../../sap/errors.ts'
import type { SamRequest } from '../../../sap/operations.ts'
import { buildSam, makeSigner, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { pssParameters } from '../../support/pssParameters.ts'
import {
  SHA256,
  SHA384,
  SHA512,
  authorization,
  authorized,
  newHashes,
  refused,
  sentCode,
  signing,
} from '../../support/samActs.ts'

const RSA = '1.2.840.113549.1.1.1'
const RSA_PSS = '1.2.840.113549.1.1.10'
const RSA_WITH = { sha256: '1.2.840.113549.1.1.11', sha512: '1.2.840.113549.1.1.13' }
const ECDSA_WITH = { sha256: '1.2.840.10045.4.3.2', sha384: '1.2.840.10045.4.3.3' }
const NULL = Buffer.from('0500', 'hex')

type Algorithm = Pick<SamRequest<'sign'>, 'signAlgorithm' | 'hashAlgorithm' | 'signAlgorithmParameters'>

describe('SAP sign: algorithms and hashes that are refused', () => {
  let sam: TestSam
  const signers: Partial<Record<'rsa-3072' | 'p-256' | 'p-384', TestSigner>> = {}
  before(async () => {
    sam = await buildSam()
    for (const keyType of ['rsa-3072', 'p-256', 'p-384'] as const)
      signers[keyType] = await makeSigner(sam, { keyType })
  })
  after(() => sam.dispose())

  function signerOf(keyType: keyof typeof signers): TestSigner {
    const signer = signers[keyType]
    assert.ok(signer)
    return signer
  }

  const wrong: readonly [string, keyof typeof signers, Algorithm, SapErrorCode][] = [
    [
      'sha256WithRSA and SHA-512 (H02)',
      'rsa-3072',
      { signAlgorithm: RSA_WITH.sha256, hashAlgorithm: SHA512 },
      'hash_algorithm_invalid',
    ],
    [
      'ecdsa-with-SHA256 and SHA-384 (H02)',
      'p-256',
      { signAlgorithm: ECDSA_WITH.sha256, hashAlgorithm: SHA384 },
      'hash_algorithm_invalid',
    ],
    ['rsaEncryption alone (H03)', 'rsa-3072', { signAlgorithm: RSA }, 'hash_algorithm_missing'],
    [
      'rsaEncryption and SHA-1 (H04)',
      'rsa-3072',
      { signAlgorithm: RSA, hashAlgorithm: '1.3.14.3.2.26' },
      'hash_algorithm_invalid',
    ],
    [
      'rsaEncryption and MD5 (H04)',
      'rsa-3072',
      { signAlgorithm: RSA, hashAlgorithm: '1.2.840.113549.2.5' },
      'hash_algorithm_invalid',
    ],
    [
      'rsaEncryption and SHA-224 (H04)',
      'rsa-3072',
      { signAlgorithm: RSA, hashAlgorithm: '2.16.840.1.101.3.4.2.4' },
      'hash_algorithm_invalid',
    ],
    ['sha1WithRSA (H04)', 'rsa-3072', { signAlgorithm: '1.2.840.113549.1.1.5' }, 'sign_algorithm_invalid'],
    ['md5WithRSA (H04)', 'rsa-3072', { signAlgorithm: '1.2.840.113549.1.1.4' }, 'sign_algorithm_invalid'],
    ['sha224WithRSA (H04)', 'rsa-3072', { signAlgorithm: '1.2.840.113549.1.1.14' }, 'sign_algorithm_invalid'],
    ['ecdsa-with-SHA1 (H04)', 'p-256', { signAlgorithm: '1.2.840.10045.4.1' }, 'sign_algorithm_invalid'],
    [
      'ECDSA with an RSA key (H05)',
      'rsa-3072',
      { signAlgorithm: ECDSA_WITH.sha256 },
      'sign_algorithm_invalid',
    ],
    ['RSA with an EC key (H05)', 'p-256', { signAlgorithm: RSA_WITH.sha256 }, 'sign_algorithm_invalid'],
    [
      'PSS with an EC key (H05)',
      'p-256',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: pssParameters('sha256', 32) },
      'sign_algorithm_invalid',
    ],
    ['Ed25519 (H05)', 'p-256', { signAlgorithm: '1.3.101.112' }, 'sign_algorithm_invalid'],
    ['ML-DSA-65 (H05)', 'rsa-3072', { signAlgorithm: '2.16.840.1.101.3.4.3.18' }, 'sign_algorithm_invalid'],
    ['an OID of nobody', 'p-256', { signAlgorithm: '1.2.3.4' }, 'sign_algorithm_invalid'],
    [
      'an OID with a leading zero',
      'p-256',
      { signAlgorithm: '1.2.840.10045.4.3.02' },
      'sign_algorithm_invalid',
    ],
    [
      'an unknown hash algorithm (H15)',
      'p-256',
      { signAlgorithm: ECDSA_WITH.sha256, hashAlgorithm: '1.2.3.4' },
      'hash_algorithm_invalid',
    ],
    [
      'a hash algorithm with a leading zero (H15)',
      'p-256',
      { signAlgorithm: ECDSA_WITH.sha256, hashAlgorithm: '02.16.840.1.101.3.4.2.1' },
      'hash_algorithm_invalid',
    ],
    [
      'a hash algorithm with a huge arc (H15)',
      'p-256',
      { signAlgorithm: ECDSA_WITH.sha256, hashAlgorithm: `${SHA256}${'0'.repeat(40)}` },
      'hash_algorithm_invalid',
    ],
    ['PSS without parameters', 'rsa-3072', { signAlgorithm: RSA_PSS }, 'sign_algorithm_parameters_missing'],
    [
      'PSS with empty parameters',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: Buffer.alloc(0) },
      'sign_algorithm_parameters_missing',
    ],
    [
      'PSS with NULL',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: NULL },
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with SHA-1 by default',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: Buffer.from('3000', 'hex') },
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with a salt too short',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: pssParameters('sha256', 31) },
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS without a salt',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: pssParameters('sha256', 0) },
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with a salt too long',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: pssParameters('sha256', 351) },
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with another digest in MGF1',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: pssParameters('sha256', 64, 'sha512') },
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with trailing bytes (H07)',
      'rsa-3072',
      {
        signAlgorithm: RSA_PSS,
        signAlgorithmParameters: Buffer.concat([pssParameters('sha256', 32), Buffer.of(0)]),
      },
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with an indefinite length (H07)',
      'rsa-3072',
      {
        signAlgorithm: RSA_PSS,
        signAlgorithmParameters: Buffer.concat([
          Buffer.of(0x30, 0x80),
          pssParameters('sha256', 32).subarray(2),
          Buffer.of(0, 0),
        ]),
      },
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with 257 bytes of parameters (H07)',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: Buffer.alloc(257, 0x30) },
      'malformed',
    ],
    [
      'PSS and another hash algorithm',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, hashAlgorithm: SHA512, signAlgorithmParameters: pssParameters('sha256', 32) },
      'hash_algorithm_invalid',
    ],
    [
      'PSS with SHA-512 for SHA-256 hashes',
      'rsa-3072',
      { signAlgorithm: RSA_PSS, signAlgorithmParameters: pssParameters('sha512', 64) },
      'digest_length_invalid',
    ],
    [
      'sha512WithRSA for SHA-256 hashes',
      'rsa-3072',
      { signAlgorithm: RSA_WITH.sha512 },
      'digest_length_invalid',
    ],
    [
      'ecdsa-with-SHA384 for SHA-256 hashes',
      'p-384',
      { signAlgorithm: ECDSA_WITH.sha384 },
      'digest_length_invalid',
    ],
    [
      'parameters beside PKCS#1 v1.5',
      'rsa-3072',
      { signAlgorithm: RSA_WITH.sha256, signAlgorithmParameters: pssParameters('sha256', 32) },
      'sign_algorithm_parameters_invalid',
    ],
    [
      'parameters beside ECDSA',
      'p-256',
      {
        signAlgorithm: ECDSA_WITH.sha256,
        signAlgorithmParameters: Buffer.from('06082a8648ce3d030107', 'hex'),
      },
      'sign_algorithm_parameters_invalid',
    ],
  ]
  it('refuses every other algorithm, and spends nothing', async () => {
    const hashes = newHashes(1)
    const sads = new Map<string, string>()
    for (const keyType of ['rsa-3072', 'p-256', 'p-384'] as const)
      sads.set(keyType, (await authorized(sam, signerOf(keyType), hashes)).sad)
    for (const [what, keyType, algorithm, code] of wrong) {
      const request = signing(signerOf(keyType), sads.get(keyType) ?? '', hashes, algorithm)
      await assert.doesNotReject(
        refused(sam, code, () => sam.ssa.call('sign', request)),
        what,
      )
    }
    for (const keyType of ['p-256', 'p-384'] as const)
      await sam.ssa.call('sign', signing(signerOf(keyType), sads.get(keyType) ?? '', hashes))
  })

  const digestInfo = Buffer.concat([Buffer.from(DIGESTS.sha256.digestInfoPrefix, 'hex'), randomBytes(32)])
  for (const [what, hash] of [
    ['31 bytes', randomBytes(31)],
    ['33 bytes', randomBytes(33)],
    ['nothing', Buffer.alloc(0)],
    ['64 bytes', randomBytes(64)],
    ['a whole DigestInfo (H08, H09)', digestInfo],
  ] as const)
    it(`refuses ${what} as a SHA-256 value, in each operation (H01)`, async () => {
      const signer = signerOf('rsa-3072')
      const good = newHashes(1)
      const otp = await sentCode(sam, signer, good)
      await refused(sam, 'digest_length_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, [hash], { otp, hashAlgorithm: SHA256 })),
      )
      const { sad } = await sam.ssa.call('authorize', authorization(signer, good, { otp }))
      for (const algorithm of [
        { signAlgorithm: RSA_WITH.sha256 },
        { signAlgorithm: RSA, hashAlgorithm: SHA256 },
      ])
        await refused(sam, 'digest_length_invalid', () =>
          sam.ssa.call('sign', signing(signer, sad, [hash], algorithm)),
        )
      await refused(sam, 'digest_length_invalid', () =>
        sam.ssa.call('sign', signing(signer, sad, [...good, hash], { signAlgorithm: RSA_WITH.sha256 })),
      )
    })

  it('refuses a list without a hash algorithm whose lengths fit none, or differ', async () => {
    const signer = signerOf('p-256')
    const [short] = newHashes(1, 20)
    const [hash] = newHashes(1)
    const [long] = newHashes(1, 48)
    assert.ok(short && hash && long)
    for (const hashes of [[short], [hash, long], [long, hash], [hash, short]]) {
      await refused(sam, 'digest_length_invalid', () => sentCode(sam, signer, hashes))
      await refused(sam, 'digest_length_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, hashes, { otp: '12345678' })),
      )
    }
  })

  for (const hashAlgorithm of ['1.3.14.3.2.26', '1.2.840.113549.2.5', '2.16.840.1.101.3.4.2.4', '1.2.3.4'])
    it(`authorizes no list of hash algorithm ${hashAlgorithm} (H04, H15)`, async () => {
      const signer = signerOf('p-256')
      await refused(sam, 'hash_algorithm_invalid', () =>
        sam.ssa.call('authorize', authorization(signer, newHashes(1), { otp: '12345678', hashAlgorithm })),
      )
    })
})
