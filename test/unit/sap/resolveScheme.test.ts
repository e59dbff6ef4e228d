import assert from 'node:assert/strict'
import { KEY_TYPES, RSASSA_PSS, RSA_ENCRYPTION, signatureAlgorithmsOf } from '../../../sap/algorithms.ts'
import { parsePssParameters } from '../../../sap/pssParameters.ts'
import { maximumSaltLength, resolveScheme } from '../../../sap/resolveScheme.ts'

const RSA = KEY_TYPES['rsa-3072']
const P256 = KEY_TYPES['p-256']
const SHA256 = '2.16.840.1.101.3.4.2.1'
const SHA384 = '2.16.840.1.101.3.4.2.2'
const SHA512 = '2.16.840.1.101.3.4.2.3'

/** As wallets send it: SHA-256, MGF1 with SHA-256, salt 32, explicit trailer field. */
const IN_THE_WILD = Buffer.from(
  'MDmgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgowMCAQE=',
  'base64',
)

const hex = (text: string): Buffer => Buffer.from(text.replace(/ /g, ''), 'hex')
const SHA256_ID = '300b 0609608648016503040201'
const MGF1 = '0609 2a864886f70d010108'

/** RSASSA-PSS-params of SHA-256 with absent digest parameters and the given salt, two bytes. */
function pss(saltHex: string): Buffer {
  const digest = hex(`a00d ${SHA256_ID}`)
  const mask = hex(`a11a 3018 ${MGF1} ${SHA256_ID}`)
  const salt = hex(`a204 0202 ${saltHex}`)
  const body = Buffer.concat([digest, mask, salt])
  return Buffer.concat([Buffer.of(0x30, body.length), body])
}

describe('RSASSA-PSS parameters (RFC 8017 A.2.3)', () => {
  it('reads what clients send, explicit defaults and NULL parameters included', () => {
    assert.deepEqual(parsePssParameters(IN_THE_WILD), { digest: 'sha256', saltLength: 32 })
  })

  it('reads absent digest parameters', () => {
    assert.deepEqual(parsePssParameters(pss('015e')), { digest: 'sha256', saltLength: 350 })
  })

  const refused: readonly [string, Buffer][] = [
    ['nothing', Buffer.alloc(0)],
    ['the SHA-1 defaults', hex('3000')],
    ['trailing bytes', Buffer.concat([IN_THE_WILD, Buffer.of(0)])],
    ['a truncated value', IN_THE_WILD.subarray(0, -1)],
    ['an indefinite length', Buffer.concat([hex('3080'), IN_THE_WILD.subarray(2), hex('0000')])],
    ['another mask digest', hex(`3029 a00d ${SHA256_ID} a118 3016 ${MGF1} 3009 06052b0e03021a0500`)],
    [
      'a trailer field that is not 1',
      hex(`302e a00d ${SHA256_ID} a11a 3018 ${MGF1} ${SHA256_ID} a303 020102`),
    ],
    ['a negative salt', hex(`302e a00d ${SHA256_ID} a11a 3018 ${MGF1} ${SHA256_ID} a203 0201ff`)],
    ['fields out of order', hex(`3029 a11a 3018 ${MGF1} ${SHA256_ID} a00d ${SHA256_ID}`)],
    ['a megabyte', Buffer.alloc(1_000_000, 0x30)],
  ]
  for (const [what, bytes] of refused)
    it(`refuses ${what}`, () => {
      assert.equal(parsePssParameters(bytes), undefined)
    })
})

describe('resolveScheme', () => {
  const cases: readonly [string, Parameters<typeof resolveScheme>, ReturnType<typeof resolveScheme>][] = [
    [
      'sha256WithRSA',
      [RSA, { signAlgorithm: '1.2.840.113549.1.1.11' }],
      { name: 'rsa-pkcs1', digest: 'sha256' },
    ],
    [
      'sha256WithRSA with the same hashAlgo and NULL parameters',
      [RSA, { signAlgorithm: '1.2.840.113549.1.1.11', hashAlgorithm: SHA256, parameters: hex('0500') }],
      { name: 'rsa-pkcs1', digest: 'sha256' },
    ],
    [
      'sha256WithRSA with SHA-512 as hashAlgo (H02)',
      [RSA, { signAlgorithm: '1.2.840.113549.1.1.11', hashAlgorithm: SHA512 }],
      'hash_algorithm_invalid',
    ],
    [
      'rsaEncryption without hashAlgo (H03)',
      [RSA, { signAlgorithm: RSA_ENCRYPTION }],
      'hash_algorithm_missing',
    ],
    [
      'rsaEncryption with SHA-384',
      [RSA, { signAlgorithm: RSA_ENCRYPTION, hashAlgorithm: SHA384 }],
      { name: 'rsa-pkcs1', digest: 'sha384' },
    ],
    [
      'SHA-1 as hashAlgo (H04)',
      [RSA, { signAlgorithm: RSA_ENCRYPTION, hashAlgorithm: '1.3.14.3.2.26' }],
      'hash_algorithm_invalid',
    ],
    ['sha1WithRSA (H04)', [RSA, { signAlgorithm: '1.2.840.113549.1.1.5' }], 'sign_algorithm_invalid'],
    ['ECDSA on an RSA key (H05)', [RSA, { signAlgorithm: '1.2.840.10045.4.3.2' }], 'sign_algorithm_invalid'],
    ['RSA on an EC key (H05)', [P256, { signAlgorithm: '1.2.840.113549.1.1.11' }], 'sign_algorithm_invalid'],
    ['Ed25519 (H05)', [P256, { signAlgorithm: '1.3.101.112' }], 'sign_algorithm_invalid'],
    [
      'ECDSA with SHA-512',
      [P256, { signAlgorithm: '1.2.840.10045.4.3.4' }],
      { name: 'ecdsa', digest: 'sha512' },
    ],
    [
      'ECDSA with parameters that are none',
      [P256, { signAlgorithm: '1.2.840.10045.4.3.2', parameters: IN_THE_WILD }],
      'sign_algorithm_parameters_invalid',
    ],
    ['PSS without parameters', [RSA, { signAlgorithm: RSASSA_PSS }], 'sign_algorithm_parameters_missing'],
    [
      'PSS with garbage',
      [RSA, { signAlgorithm: RSASSA_PSS, parameters: hex('ffff') }],
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with the salt of the digest length',
      [RSA, { signAlgorithm: RSASSA_PSS, parameters: IN_THE_WILD }],
      { name: 'rsa-pss', digest: 'sha256', saltLength: 32 },
    ],
    [
      'PSS with the maximum salt',
      [RSA, { signAlgorithm: RSASSA_PSS, parameters: pss('015e') }],
      { name: 'rsa-pss', digest: 'sha256', saltLength: 350 },
    ],
    [
      'PSS with one byte more than the maximum',
      [RSA, { signAlgorithm: RSASSA_PSS, parameters: pss('015f') }],
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with one byte less than the digest',
      [RSA, { signAlgorithm: RSASSA_PSS, parameters: pss('001f') }],
      'sign_algorithm_parameters_invalid',
    ],
    [
      'PSS with a hashAlgo that contradicts',
      [RSA, { signAlgorithm: RSASSA_PSS, hashAlgorithm: SHA512, parameters: IN_THE_WILD }],
      'hash_algorithm_invalid',
    ],
  ]
  for (const [what, input, expected] of cases)
    it(`settles ${what}`, () => {
      assert.deepEqual(resolveScheme(...input), expected)
    })

  it('knows the largest salt of a modulus', () => {
    assert.equal(maximumSaltLength(3072, 'sha256'), 350)
    assert.equal(maximumSaltLength(4096, 'sha512'), 446)
  })

  it('lists combined OIDs first, and the digest of the curve before others', () => {
    assert.equal(signatureAlgorithmsOf(RSA)[0], '1.2.840.113549.1.1.11')
    assert.equal(signatureAlgorithmsOf(RSA).at(-1), RSA_ENCRYPTION)
    assert.equal(signatureAlgorithmsOf(P256)[0], '1.2.840.10045.4.3.2')
    assert.equal(signatureAlgorithmsOf(KEY_TYPES['p-384'])[0], '1.2.840.10045.4.3.3')
  })
})
