import assert from 'node:assert/strict'
import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  privateEncrypt,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto'
import { p256, p384 } from '@noble/curves/nist.js'
import {
  DIGESTS,
  KEY_TYPES,
  type DigestName,
  type KeyTypeName,
  type SignatureScheme,
} from '../../../../sap/algorithms.ts'
import { maximumSaltLength } from '../../../../sap/resolveScheme.ts'
import { verifySignature, type SignatureToVerify } from '../../../../sam/pki/verifySignature.ts'

const NAMES: readonly DigestName[] = ['sha256', 'sha384', 'sha512']
const MESSAGE = Buffer.from('to be signed')

interface TestKey {
  readonly privateKey: KeyObject
  readonly publicKey: Buffer
}

function makeKey(name: KeyTypeName): TestKey {
  const keyType = KEY_TYPES[name]
  const { privateKey } =
    keyType.family === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: keyType.bits })
      : generateKeyPairSync('ec', { namedCurve: keyType.curveName })
  return { privateKey, publicKey: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }) }
}

const made = new Map<KeyTypeName, TestKey>()
/** One key of each type for all tests: RSA keys take a second to make. */
function keyOf(name: KeyTypeName): TestKey {
  const key = made.get(name) ?? makeKey(name)
  made.set(name, key)
  return key
}

const digestOf = (name: DigestName): Buffer => createHash(name).update(MESSAGE).digest()

/** OpenSSL's own signature over MESSAGE, as the check wants it. */
function signed(keyName: KeyTypeName, key: TestKey, scheme: SignatureScheme): SignatureToVerify {
  const { privateKey } = key
  const options = {
    'rsa-pkcs1': { key: privateKey, padding: constants.RSA_PKCS1_PADDING },
    'rsa-pss': {
      key: privateKey,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: scheme.name === 'rsa-pss' ? scheme.saltLength : 0,
    },
    ecdsa: { key: privateKey, dsaEncoding: 'ieee-p1363' as const },
  }[scheme.name]
  return {
    publicKey: key.publicKey,
    keyType: KEY_TYPES[keyName],
    scheme,
    digest: digestOf(scheme.digest),
    signature: sign(scheme.digest, MESSAGE, options),
  }
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
  return copy
}

describe('verifySignature', function () {
  this.timeout(60_000)
  const cases: [KeyTypeName, SignatureScheme][] = []
  for (const digest of NAMES) {
    for (const keyName of ['rsa-3072', 'rsa-4096'] as const) {
      const { length } = DIGESTS[digest]
      const longest = maximumSaltLength(KEY_TYPES[keyName].bits, digest)
      cases.push([keyName, { name: 'rsa-pkcs1', digest }])
      for (const saltLength of [length, length + 1, longest])
        cases.push([keyName, { name: 'rsa-pss', digest, saltLength }])
    }
    cases.push(['p-256', { name: 'ecdsa', digest }], ['p-384', { name: 'ecdsa', digest }])
  }

  for (const [keyName, scheme] of cases) {
    const salt = scheme.name === 'rsa-pss' ? ` with a salt of ${scheme.saltLength} bytes` : ''
    it(`accepts what OpenSSL signed: ${keyName} ${scheme.name} ${scheme.digest}${salt}`, () => {
      assert.equal(verifySignature(signed(keyName, keyOf(keyName), scheme)), true)
    })
  }

  const samples: readonly [KeyTypeName, SignatureScheme][] = [
    ['rsa-3072', { name: 'rsa-pkcs1', digest: 'sha256' }],
    ['rsa-3072', { name: 'rsa-pss', digest: 'sha256', saltLength: 32 }],
    ['p-256', { name: 'ecdsa', digest: 'sha256' }],
    ['p-256', { name: 'ecdsa', digest: 'sha512' }],
    ['p-384', { name: 'ecdsa', digest: 'sha384' }],
    ['p-384', { name: 'ecdsa', digest: 'sha256' }],
  ]
  for (const [keyName, scheme] of samples) {
    const title = `${keyName} ${scheme.name} ${scheme.digest}`
    it(`refuses every single flipped bit of signature and digest: ${title}`, () => {
      const good = signed(keyName, keyOf(keyName), scheme)
      for (let bit = 0; bit < good.signature.length * 8; bit++)
        assert.equal(
          verifySignature({ ...good, signature: flipped(good.signature, bit) }),
          false,
          `bit ${bit}`,
        )
      // ECDSA takes no more bits of a digest than the curve has.
      const counted = Math.min(good.digest.length * 8, keyName === 'p-256' ? 256 : 384)
      for (let bit = 0; bit < counted; bit++)
        assert.equal(verifySignature({ ...good, digest: flipped(good.digest, bit) }), false, `bit ${bit}`)
    })

    it(`refuses another key, length and scheme: ${title}`, () => {
      const good = signed(keyName, keyOf(keyName), scheme)
      const refuse = (changes: Partial<SignatureToVerify>): void => {
        assert.equal(verifySignature({ ...good, ...changes }), false, JSON.stringify(changes))
      }
      refuse({ publicKey: makeKey(keyName).publicKey })
      refuse({ publicKey: good.publicKey.subarray(1) })
      refuse({ publicKey: Buffer.concat([good.publicKey, Buffer.of(0)]) })
      refuse({ publicKey: Buffer.alloc(0) })
      refuse({ signature: Buffer.concat([good.signature, Buffer.of(0)]) })
      refuse({ signature: Buffer.concat([Buffer.of(0), good.signature]) })
      refuse({ signature: good.signature.subarray(1) })
      refuse({ signature: good.signature.subarray(0, -1) })
      refuse({ signature: Buffer.alloc(0) })
      refuse({ signature: Buffer.alloc(good.signature.length) })
      refuse({ signature: Buffer.alloc(good.signature.length, 0xff) })
      refuse({ digest: good.digest.subarray(1) })
      refuse({ digest: Buffer.alloc(0) })
      refuse({ digest: Buffer.concat([Buffer.from(DIGESTS.sha256.digestInfoPrefix, 'hex'), good.digest]) })
      for (const other of Object.values(KEY_TYPES)) if (other.name !== keyName) refuse({ keyType: other })
      for (const name of ['rsa-pkcs1', 'ecdsa'] as const)
        if (name !== scheme.name) refuse({ scheme: { name, digest: scheme.digest } })
    })
  }

  it('refuses another salt length than the one that was settled', () => {
    const good = signed('rsa-3072', keyOf('rsa-3072'), { name: 'rsa-pss', digest: 'sha256', saltLength: 40 })
    for (const saltLength of [0, 32, 39, 41, 350, 351, 400])
      assert.equal(
        verifySignature({ ...good, scheme: { name: 'rsa-pss', digest: 'sha256', saltLength } }),
        false,
      )
  })

  it('refuses a compressed or hybrid spelling of the same EC key', () => {
    const good = signed('p-256', keyOf('p-256'), { name: 'ecdsa', digest: 'sha256' })
    const compressed = Buffer.concat([
      Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
      Buffer.of(0x02 + (good.publicKey.readUInt8(90) & 1)),
      good.publicKey.subarray(27, 59),
    ])
    assert.ok(createPublicKey({ key: compressed, format: 'der', type: 'spki' }))
    assert.equal(verifySignature({ ...good, publicKey: compressed }), false)
  })
})

describe('verifySignature: forged PKCS#1 v1.5 blocks — RFC 8017 §8.2.2', () => {
  const digest = digestOf('sha256')
  const withNull = Buffer.concat([Buffer.from(DIGESTS.sha256.digestInfoPrefix, 'hex'), digest])
  const withoutNull = Buffer.concat([Buffer.from('302f300b0609608648016503040201' + '0420', 'hex'), digest])

  function verdict(block: Buffer): boolean {
    const signature = privateEncrypt(
      { key: keyOf('rsa-3072').privateKey, padding: constants.RSA_NO_PADDING },
      block,
    )
    return verifySignature({
      publicKey: keyOf('rsa-3072').publicKey,
      keyType: KEY_TYPES['rsa-3072'],
      scheme: { name: 'rsa-pkcs1', digest: 'sha256' },
      digest,
      signature,
    })
  }
  function block(type: number, padding: Buffer, rest: Buffer): Buffer {
    return Buffer.concat([Buffer.of(0, type), padding, Buffer.of(0), rest])
  }
  const ones = (rest: Buffer): Buffer => Buffer.alloc(384 - 3 - rest.length, 0xff)

  it('accepts the one right block', () => {
    assert.equal(verdict(block(1, ones(withNull), withNull)), true)
  })

  const trailing = Buffer.concat([withNull, Buffer.alloc(8)])
  const nested = Buffer.concat([Buffer.from(DIGESTS.sha256.digestInfoPrefix, 'hex'), withNull])
  const forged: readonly [string, Buffer][] = [
    ['a DigestInfo without NULL', block(1, ones(withoutNull), withoutNull)],
    ['something after the digest', block(1, ones(trailing), trailing)],
    [
      'a short padding and much after the digest',
      block(1, Buffer.alloc(8, 0xff), Buffer.concat([withNull, randomBytes(384 - 11 - withNull.length)])),
    ],
    ['a DigestInfo in a DigestInfo', block(1, ones(nested), nested)],
    ['the bare digest', block(1, ones(digest), digest)],
    ['padding of another byte', block(1, Buffer.alloc(384 - 3 - withNull.length, 0xfe), withNull)],
    ['block type 2', block(2, ones(withNull), withNull)],
    ['block type 0', block(0, Buffer.alloc(384 - 3 - withNull.length), withNull)],
  ]
  for (const [name, bytes] of forged)
    it(`refuses ${name}`, () => {
      assert.equal(bytes.length, 384)
      assert.equal(verdict(bytes), false)
    })

  it('refuses a signature that is right for one prime only (a CRT fault gives the key away)', () => {
    const key = keyOf('rsa-3072')
    const jwk = key.privateKey.export({ format: 'jwk' })
    const number = (text: string | undefined): bigint =>
      BigInt(`0x${Buffer.from(text ?? '', 'base64url').toString('hex')}`)
    const [n, p, q, qi] = [number(jwk.n), number(jwk.p), number(jwk.q), number(jwk.qi)]
    const good = sign('sha256', MESSAGE, key.privateKey)
    const s = BigInt(`0x${good.toString('hex')}`)
    const faultyQ = (s + 1n) % q
    const h = ((((s - faultyQ) * qi) % p) + p) % p
    const faulty = (faultyQ + h * q) % n
    assert.equal(faulty % p, s % p)
    const signature = Buffer.from(faulty.toString(16).padStart(768, '0'), 'hex')
    const input: SignatureToVerify = {
      publicKey: key.publicKey,
      keyType: KEY_TYPES['rsa-3072'],
      scheme: { name: 'rsa-pkcs1', digest: 'sha256' },
      digest,
      signature,
    }
    assert.equal(verifySignature(input), false)
    assert.equal(verifySignature({ ...input, signature: good }), true)
  })
})

describe('verifySignature: RSA octets of another length', () => {
  it('refuses a signature whose leading zero was left out', () => {
    const { privateKey, publicKey } = keyOf('rsa-3072')
    for (let round = 0; ; round++) {
      const message = Buffer.from(String(round))
      const signature = sign('sha256', message, privateKey)
      if (signature[0] !== 0) continue
      const input: SignatureToVerify = {
        publicKey,
        keyType: KEY_TYPES['rsa-3072'],
        scheme: { name: 'rsa-pkcs1', digest: 'sha256' },
        digest: createHash('sha256').update(message).digest(),
        signature,
      }
      assert.equal(verifySignature(input), true)
      assert.equal(verifySignature({ ...input, signature: signature.subarray(1) }), false)
      return
    }
  })
})

describe('verifySignature: forged PSS blocks — RFC 8017 §9.1.2', () => {
  const LENGTH = 384
  const digest = digestOf('sha256')
  const sha256 = (...parts: readonly Buffer[]): Buffer => {
    const hash = createHash('sha256')
    for (const part of parts) hash.update(part)
    return hash.digest()
  }

  interface Encoding {
    /** Before the salt; the right one is zeros and one 0x01. */
    readonly padding: Buffer
    readonly salt: Buffer
    readonly trailer: number
    readonly highBit: number
    readonly hashed: Buffer
  }

  /** EMSA-PSS-ENCODE with one thing wrong, and what the check says of it. */
  function verdict(changes: (salt: Buffer) => Partial<Encoding>): boolean {
    for (;;) {
      const salt = randomBytes(32)
      const padding = Buffer.alloc(LENGTH - 33 - 32)
      padding[padding.length - 1] = 0x01
      const own = { padding, salt, trailer: 0xbc, highBit: 0, hashed: digest, ...changes(salt) }
      const hash = sha256(Buffer.alloc(8), own.hashed, salt)
      const masked = Buffer.concat([own.padding, own.salt])
      const counter = (value: number): Buffer => Buffer.of(0, 0, 0, value)
      for (let at = 0; at < masked.length; at++) {
        const mask = sha256(hash, counter(at >> 5))
        masked.writeUInt8(masked.readUInt8(at) ^ mask.readUInt8(at & 31), at)
      }
      masked.writeUInt8((masked.readUInt8(0) & 0x7f) | own.highBit, 0)
      const block = Buffer.concat([masked, hash, Buffer.of(own.trailer)])
      const { privateKey, publicKey } = keyOf('rsa-3072')
      const modulus = Buffer.from(privateKey.export({ format: 'jwk' }).n ?? '', 'base64url')
      // A block as large as the modulus cannot be signed at all: draw again.
      if (Buffer.compare(block, modulus) >= 0) continue
      return verifySignature({
        publicKey,
        keyType: KEY_TYPES['rsa-3072'],
        scheme: { name: 'rsa-pss', digest: 'sha256', saltLength: 32 },
        digest,
        signature: privateEncrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, block),
      })
    }
  }
  const paddingWith = (at: number, value: number): Buffer => {
    const padding = Buffer.alloc(LENGTH - 33 - 32)
    padding[padding.length - 1] = 0x01
    padding[at] = value
    return padding
  }

  it('accepts the right block', () => {
    assert.equal(
      verdict(() => ({})),
      true,
    )
  })
  const forged: readonly [string, (salt: Buffer) => Partial<Encoding>][] = [
    ['padding that is not zero', () => ({ padding: paddingWith(100, 1) })],
    ['padding without its 0x01', () => ({ padding: paddingWith(LENGTH - 33 - 33, 2) })],
    ['another trailer', () => ({ trailer: 0xcc })],
    ['the highest bit set', () => ({ highBit: 0x80 })],
    ['another digest', () => ({ hashed: digestOf('sha384').subarray(0, 32) })],
    ['another salt than the hashed one', () => ({ salt: randomBytes(32) })],
    [
      'a shorter salt',
      (salt) => ({
        padding: Buffer.concat([Buffer.alloc(LENGTH - 33 - 32), Buffer.of(1)]),
        salt: salt.subarray(1),
      }),
    ],
  ]
  for (const [name, changes] of forged)
    it(`refuses ${name}`, () => {
      assert.equal(verdict(changes), false)
    })
})

describe('verifySignature: ECDSA, the shifted key against plain arithmetic', () => {
  const curves = [
    ['p-256', p256, 32],
    ['p-384', p384, 48],
  ] as const

  for (const [name, curve, size] of curves) {
    it(`agrees with it on good, changed and random signatures: ${name}`, () => {
      const key = makeKey(name)
      const point = key.publicKey.subarray(-(2 * size + 1))
      let accepted = 0
      for (let round = 0; round < 30; round++) {
        const good = signed(name, key, { name: 'ecdsa', digest: NAMES[round % 3] ?? 'sha256' })
        const s = BigInt(`0x${good.signature.subarray(size).toString('hex')}`)
        const mirrored = Buffer.from((curve.Point.Fn.ORDER - s).toString(16).padStart(2 * size, '0'), 'hex')
        const candidates = [
          good.signature,
          Buffer.concat([good.signature.subarray(0, size), mirrored]),
          flipped(good.signature, round * 17),
          randomBytes(2 * size),
        ]
        for (const signature of candidates) {
          const plain = curve.verify(signature, good.digest, point, { prehash: false, lowS: false })
          assert.equal(verifySignature({ ...good, signature }), plain)
          if (plain) accepted++
        }
      }
      assert.equal(accepted, 60)
    })

    it(`takes the digest of the empty message, whose shift is none: ${name}`, () => {
      const key = makeKey(name)
      for (const digest of NAMES) {
        const signature = sign(digest, Buffer.alloc(0), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
        const input: SignatureToVerify = {
          publicKey: key.publicKey,
          keyType: KEY_TYPES[name],
          scheme: { name: 'ecdsa', digest },
          digest: createHash(digest).digest(),
          signature,
        }
        assert.equal(verifySignature(input), true)
        assert.equal(verifySignature({ ...input, signature: flipped(signature, 3) }), false)
      }
    })
  }

  it('takes the all-zero digest as the number it is', () => {
    const key = makeKey('p-256')
    const jwk = key.privateKey.export({ format: 'jwk' })
    const signature = Buffer.from(
      p256.sign(Buffer.alloc(32), Buffer.from(jwk.d ?? '', 'base64url'), { prehash: false, lowS: false }),
    )
    const input: SignatureToVerify = {
      publicKey: key.publicKey,
      keyType: KEY_TYPES['p-256'],
      scheme: { name: 'ecdsa', digest: 'sha256' },
      digest: Buffer.alloc(32),
      signature,
    }
    assert.equal(verifySignature(input), true)
    assert.equal(verifySignature({ ...input, digest: digestOf('sha256') }), false)
  })

  it('stays right when more keys come by than it keeps', () => {
    for (let round = 0; round < 300; round++) {
      const key = makeKey('p-256')
      assert.equal(verifySignature(signed('p-256', key, { name: 'ecdsa', digest: 'sha256' })), true)
    }
  })
})
