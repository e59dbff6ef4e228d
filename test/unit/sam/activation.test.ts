import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { Activation } from '../../../sam/activation/activation.ts'
import { bindingText, hashList } from '../../../sam/activation/hashList.ts'
import { listSha256, sadHash } from '../../../sam/activation/ledger.ts'
import { isAtLeast } from '../../../sap/factorExpression.ts'
import { SHA256, SHA512 } from '../../support/samActs.ts'

const grant = {
  credentialId: 'cred-1',
  scheme: { name: 'ecdsa', digest: 'sha256' },
  digests: [Buffer.alloc(32)],
  leaseUntil: 0,
} as const

describe('Activation', () => {
  it('is redeemed once', () => {
    const activation = Activation.mint(grant)
    assert.deepEqual(activation.redeem(), grant)
    assert.throws(() => activation.redeem(), /redeemed already/)
  })

  it('cannot be copied, made from its prototype, or read', () => {
    const activation = Activation.mint(grant)
    for (const forged of [
      Object.fromEntries(Object.entries(activation)),
      Object.create(Activation.prototype),
      structuredClone(activation),
    ])
      assert.throws(() => {
        Reflect.apply(Activation.prototype.redeem.bind(forged), forged, [])
      })
    assert.equal(JSON.stringify(activation), '{}')
    assert.deepEqual(activation.redeem(), grant)
  })
})

describe('a list of hashes', () => {
  for (const [length, algorithm] of [
    [32, 'sha256'],
    [48, 'sha384'],
    [64, 'sha512'],
  ] as const)
    it(`of ${length} bytes is ${algorithm} where the algorithm is not named`, () => {
      assert.equal(hashList([randomBytes(length)], undefined).algorithm, algorithm)
    })

  it('is refused where a length fits no algorithm, or not the one that is named', () => {
    const code = (digests: readonly Buffer[], oid?: string): unknown => {
      try {
        return hashList(digests, oid)
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error
      }
    }
    for (const length of [0, 1, 20, 28, 31, 33, 47, 63, 65, 128])
      assert.equal(code([randomBytes(length)]), 'digest_length_invalid')
    assert.equal(code([randomBytes(32), randomBytes(48)]), 'digest_length_invalid')
    assert.equal(code([randomBytes(32)], SHA512), 'digest_length_invalid')
    assert.equal(code([]), 'digest_length_invalid')
    for (const oid of ['1.3.14.3.2.26', '1.2.840.113549.2.5', '2.16.840.1.101.3.4.2.4', '', 'sha256'])
      assert.equal(code([randomBytes(32)], oid), 'hash_algorithm_invalid')
    assert.deepEqual(code([Buffer.alloc(32)], SHA256), { algorithm: 'sha256', digests: [Buffer.alloc(32)] })
  })

  const digests = fc.array(
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  const text = (list: readonly Buffer[], credentialId = 'cred-1', clientId = 'app'): string =>
    bindingText({ credentialId, clientId, list: { algorithm: 'sha256', digests: list } })

  it('binds a code as a multiset: the order does not matter, the number does', () => {
    fc.assert(
      fc.property(digests, (list) => {
        assert.equal(text(list), text([...list].reverse()))
        assert.notEqual(text(list), text([...list, ...list.slice(0, 1)]))
      }),
    )
  })

  it('binds a code to credential and client, without two that look alike', () => {
    const list = [Buffer.alloc(32)]
    const texts = [
      text(list),
      text(list, 'cred-2'),
      text(list, 'cred-1', 'app2'),
      text(list, 'cred-1","x', ''),
    ]
    assert.equal(new Set(texts).size, texts.length)
  })

  it('is named in the ledger by a hash that no other cut of the same bytes has', () => {
    const bytes = randomBytes(64)
    const cuts = [
      [bytes],
      [bytes.subarray(0, 32), bytes.subarray(32)],
      [bytes.subarray(0, 63), bytes.subarray(63)],
    ]
    assert.equal(new Set(cuts.map(listSha256)).size, 3)
    assert.notEqual(listSha256([undefined]), listSha256([undefined, undefined]))
  })
})

describe('a SAD', () => {
  it('is kept as the SHA-256 of its text', () => {
    assert.equal(
      sadHash('abc').toString('hex'),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })
})

describe('grades', () => {
  it('are ordered: static, plain-otp, bound-otp', () => {
    assert.deepEqual(
      (['static', 'plain-otp', 'bound-otp'] as const).map((grade) =>
        (['static', 'plain-otp', 'bound-otp'] as const).map((minimum) => isAtLeast(grade, minimum)),
      ),
      [
        [true, false, false],
        [true, true, false],
        [true, true, true],
      ],
    )
  })
})
