import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import fc from 'fast-check'
import { KEY_TYPES, type EcKeyType } from '../../../sap/algorithms.ts'
import { ecdsaDer, ecdsaRaw } from '../../../sap/ecdsaSignature.ts'

function ec(name: 'p-256' | 'p-384'): EcKeyType {
  const keyType = KEY_TYPES[name]
  assert.ok(keyType.family === 'ec')
  return keyType
}

const P256 = ec('p-256')
const P384 = ec('p-384')
const N256 = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
const N256_LESS_1 = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550'
const one = (length: number): string => '01'.padStart(2 * length, '0')

describe('ecdsaDer — RFC 3279 §2.2.3, X.690 §8.3', () => {
  const vectors: readonly [string, EcKeyType, string, string][] = [
    ['the smallest numbers', P256, one(32) + one(32), '3006020101020101'],
    [
      'a high bit in both, which takes a leading zero',
      P256,
      `80${'00'.repeat(31)}${N256_LESS_1}`,
      `304602210080${'00'.repeat(31)}022100${N256_LESS_1}`,
    ],
    [
      'a leading zero byte, which goes',
      P256,
      `007f${'11'.repeat(30)}${one(32)}`,
      `3024021f7f${'11'.repeat(30)}020101`,
    ],
    [
      'a leading zero byte before a high bit, which stays',
      P256,
      `0080${'11'.repeat(30)}${one(32)}`,
      `302502200080${'11'.repeat(30)}020101`,
    ],
    [
      'P-384 of the greatest length',
      P384,
      'f0'.repeat(96),
      `3066023100${'f0'.repeat(48)}023100${'f0'.repeat(48)}`,
    ],
  ]
  for (const [name, keyType, raw, der] of vectors)
    it(`writes ${name}, and reads it back`, () => {
      assert.equal(ecdsaDer(Buffer.from(raw, 'hex'), keyType).toString('hex'), der)
      assert.equal(ecdsaRaw(Buffer.from(der, 'hex'), keyType)?.toString('hex'), raw)
    })

  const refused: readonly [string, string][] = [
    ['r = 0', '00'.repeat(32) + one(32)],
    ['s = 0', one(32) + '00'.repeat(32)],
    ['r = n', N256 + one(32)],
    ['s = n', one(32) + N256],
    ['a byte too few', one(32) + one(31)],
    ['a byte too many', one(32) + one(33)],
    ['nothing', ''],
    ['the size of another curve', one(48) + one(48)],
  ]
  for (const [name, raw] of refused)
    it(`refuses ${name}`, () => {
      assert.throws(() => ecdsaDer(Buffer.from(raw, 'hex'), P256), RangeError)
    })

  it('makes what node:crypto verifies, whatever the numbers', () => {
    for (const [keyType, namedCurve] of [[P256, 'prime256v1'] as const, [P384, 'secp384r1'] as const]) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
      for (let round = 0; round < 40; round++) {
        const message = Buffer.of(round)
        const raw = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' })
        const der = ecdsaDer(raw, keyType)
        assert.ok(verify('sha256', message, publicKey, der))
        assert.deepEqual(ecdsaRaw(der, keyType), raw)
      }
    }
  })
})

describe('ecdsaRaw', () => {
  const refused: readonly [string, string][] = [
    ['an integer with a needless zero', '300702020001020101'],
    ['a negative integer', '3006020181020101'],
    ['zero', '3006020100020101'],
    ['n', `3026022100${N256}020101`],
    ['a long form of length', '308106020101020101'],
    ['something after it', '300602010102010100'],
    ['something inside it after s', '3008020101020101 0500'.replace(' ', '')],
    ['a missing s', '3003020101'],
    ['another tag', '3106020101020101'],
    ['a truncated integer', '30060201010202'],
    ['an integer longer than the curve', `30270222${'01'.repeat(34)}020101`],
    ['raw r‖s', one(32) + one(32)],
    ['nothing', ''],
  ]
  for (const [name, der] of refused)
    it(`refuses ${name}`, () => {
      assert.equal(ecdsaRaw(Buffer.from(der, 'hex'), P256), undefined)
    })

  it('gives undefined or the one inverse for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const raw = ecdsaRaw(bytes, P256)
        assert.ok(raw === undefined || ecdsaDer(raw, P256).equals(bytes))
      }),
    )
  })
})
