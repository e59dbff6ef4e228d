import assert from 'node:assert/strict'
import { constants, createHash, createPublicKey, verify, type KeyObject } from 'node:crypto'
import pkcs11 from 'pkcs11js'
import { NotOurs } from '../../../hsm/errors.ts'
import type { InfrastructureKey, SessionKey } from '../../../hsm/hsm.ts'
import { attribute, findObjects, flag } from '../../../hsm/objects.ts'
import { openToken, type Token, type TokenConfig } from '../../../hsm/token.ts'
import {
  DIGESTS,
  KEY_TYPES,
  KEY_TYPE_NAMES,
  type DigestName,
  type KeyType,
  type KeyTypeName,
  type SignatureScheme,
} from '../../../sap/algorithms.ts'
import { withRawToken } from '../../support/rawToken.ts'
import { makeSoftHsm, makeToken, type SoftHsm } from '../../support/softhsm.ts'

type Made = Awaited<ReturnType<Token['generateWrappedKey']>>

const MESSAGE = Buffer.from('what is signed')
const DIGEST_NAMES: readonly DigestName[] = ['sha256', 'sha384', 'sha512']
const SHA256_ECDSA: SignatureScheme = { name: 'ecdsa', digest: 'sha256' }

function digestOf(name: DigestName): Buffer {
  return createHash(name).update(MESSAGE).digest()
}

function keyObject(publicKey: Buffer): KeyObject {
  return createPublicKey({ key: publicKey, format: 'der', type: 'spki' })
}

/** Every scheme that a key type is used with: all digests; for PSS the default salt and the longest. */
function schemesOf(keyType: KeyType): readonly SignatureScheme[] {
  return DIGEST_NAMES.flatMap((digest): SignatureScheme[] => {
    if (keyType.family === 'ec') return [{ name: 'ecdsa', digest }]
    const { length } = DIGESTS[digest]
    return [
      { name: 'rsa-pkcs1', digest },
      { name: 'rsa-pss', digest, saltLength: length },
      { name: 'rsa-pss', digest, saltLength: keyType.bits / 8 - length - 2 },
    ]
  })
}

function verifies(publicKey: Buffer, scheme: SignatureScheme, signature: Buffer): boolean {
  const key = keyObject(publicKey)
  if (scheme.name !== 'rsa-pss')
    return verify(scheme.digest, MESSAGE, { key, dsaEncoding: 'ieee-p1363' }, signature)
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return verify(scheme.digest, MESSAGE, { key, padding, saltLength: scheme.saltLength }, signature)
}

describe('hsm: signing keys outside the token', () => {
  let softHsm: SoftHsm
  let config: TokenConfig
  let token: Token
  let wrappingKey: InfrastructureKey
  const made = new Map<KeyTypeName, Made>()

  before(async function () {
    this.timeout(120_000)
    softHsm = await makeSoftHsm()
    config = await makeToken(softHsm, 'signing')
    token = await openToken(config)
    wrappingKey = await token.createInfrastructureKey('wrap', 'wrap')
    for (const name of KEY_TYPE_NAMES)
      made.set(name, await token.generateWrappedKey(KEY_TYPES[name], wrappingKey))
  })

  after(async () => {
    await token.close()
    await softHsm.dispose()
  })

  function key(name: KeyTypeName): Made {
    const found = made.get(name)
    assert.ok(found)
    return found
  }

  for (const name of KEY_TYPE_NAMES)
    for (const scheme of schemesOf(KEY_TYPES[name])) {
      const salt = scheme.name === 'rsa-pss' ? ` with a salt of ${String(scheme.saltLength)}` : ''
      it(`${name}: ${scheme.name} over ${scheme.digest}${salt} verifies with OpenSSL`, async () => {
        const { publicKey, wrapped } = key(name)
        const signature = await token.withUnwrappedKey(KEY_TYPES[name], wrapped, (session) =>
          token.sign(session, scheme, digestOf(scheme.digest)),
        )
        assert.equal(verifies(publicKey, scheme, signature), true)
      })
    }

  it('makes public keys of the size or curve that was asked for', () => {
    const details = KEY_TYPE_NAMES.map((name) => keyObject(key(name).publicKey).asymmetricKeyDetails)
    assert.deepEqual(details, [
      { modulusLength: 3072, publicExponent: 65537n },
      { modulusLength: 4096, publicExponent: 65537n },
      { namedCurve: 'prime256v1' },
      { namedCurve: 'secp384r1' },
    ])
  })

  it('names the mechanism and the wrapping key in the blob', () => {
    const { mechanism, wrappingKeyId } = key('p-256').wrapped
    assert.deepEqual([mechanism, wrappingKeyId], ['CKM_AES_KEY_WRAP_PAD', wrappingKey.id])
  })

  it('refuses a digest of the wrong length, before the token is asked', async () => {
    const { wrapped } = key('p-256')
    for (const length of [0, 20, 31, 33, 48])
      await assert.rejects(
        token.withUnwrappedKey(KEY_TYPES['p-256'], wrapped, (session) =>
          token.sign(session, SHA256_ECDSA, Buffer.alloc(length)),
        ),
        RangeError,
      )
  })

  function privateObjects(): readonly Buffer[] {
    return withRawToken(config, (desk) =>
      findObjects(desk, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
        { type: pkcs11.CKA_TOKEN, value: false },
      ]),
    )
  }

  for (const name of ['rsa-3072', 'p-256'] as const)
    it(`${name}: an unwrapped key is a private, sensitive, not extractable session object that can only sign`, async () => {
      const seen = await token.withUnwrappedKey(KEY_TYPES[name], key(name).wrapped, async () =>
        withRawToken(config, (desk) => {
          const [handle] = privateObjects()
          assert.ok(handle)
          const is = (type: number): boolean | undefined => flag(desk, handle, type)
          assert.throws(
            () =>
              desk.pkcs11.C_WrapKey(
                desk.session,
                { mechanism: 0x210a },
                findObjects(desk, [{ type: pkcs11.CKA_LABEL, value: 'wrap' }])[0] ?? Buffer.alloc(8),
                handle,
                Buffer.alloc(4096),
              ),
            /CKR_KEY_UNEXTRACTABLE/,
          )
          assert.equal(attribute(desk, handle, pkcs11.CKA_VALUE), undefined)
          assert.equal(attribute(desk, handle, pkcs11.CKA_PRIVATE_EXPONENT), undefined)
          return {
            token: is(pkcs11.CKA_TOKEN),
            private: is(pkcs11.CKA_PRIVATE),
            sensitive: is(pkcs11.CKA_SENSITIVE),
            extractable: is(pkcs11.CKA_EXTRACTABLE),
            uses: [
              is(pkcs11.CKA_SIGN),
              is(pkcs11.CKA_DECRYPT),
              is(pkcs11.CKA_SIGN_RECOVER),
              is(pkcs11.CKA_UNWRAP),
              is(pkcs11.CKA_DERIVE),
            ],
          }
        }),
      )
      assert.deepEqual(seen, {
        token: false,
        private: true,
        sensitive: true,
        extractable: false,
        uses: [true, false, false, false, false],
      })
    })

  it('leaves no key behind: after generation, use, and a use that throws', async () => {
    await token.generateWrappedKey(KEY_TYPES['p-256'], wrappingKey)
    await assert.rejects(
      token.withUnwrappedKey(KEY_TYPES['p-256'], key('p-256').wrapped, async () => {
        assert.equal(privateObjects().length, 1)
        throw new Error('in the middle')
      }),
      /in the middle/,
    )
    assert.equal(privateObjects().length, 0)
    const publicObjects = withRawToken(config, (desk) =>
      findObjects(desk, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
        { type: pkcs11.CKA_TOKEN, value: false },
      ]),
    )
    assert.equal(publicObjects.length, 0)
  })

  it('refuses to sign with a key after its use, and with one that it did not make', async () => {
    const kept = await token.withUnwrappedKey(
      KEY_TYPES['p-256'],
      key('p-256').wrapped,
      async (session) => session,
    )
    const forged: SessionKey = { keyType: KEY_TYPES['p-256'] }
    for (const one of [kept, forged])
      await assert.rejects(token.sign(one, SHA256_ECDSA, digestOf('sha256')), TypeError)
  })

  const p256 = KEY_TYPES['p-256']
  const unused = async (): Promise<void> => {
    assert.fail('the key must not be used')
  }

  it('refuses a blob under an unknown wrapping key or mechanism', async () => {
    const { wrapped } = key('p-256')
    const others = [
      { ...wrapped, wrappingKeyId: '00'.repeat(16) },
      { ...wrapped, mechanism: 'CKM_AES_CBC_PAD' },
      { ...wrapped, mechanism: '' },
    ]
    for (const other of others) await assert.rejects(token.withUnwrappedKey(p256, other, unused), NotOurs)
  })

  it('refuses a blob that was changed, cut, extended or made for another key type', async () => {
    const { wrapped } = key('p-256')
    const changes: Buffer[] = [
      wrapped.bytes.subarray(8),
      wrapped.bytes.subarray(0, -8),
      wrapped.bytes.subarray(0, -1),
      Buffer.concat([wrapped.bytes, Buffer.alloc(8)]),
      Buffer.alloc(0),
    ]
    for (let at = 0; at < wrapped.bytes.length; at += 9) {
      const changed = Buffer.from(wrapped.bytes)
      changed.writeUInt8(changed.readUInt8(at) ^ 0x80, at)
      changes.push(changed)
    }
    for (const bytes of changes)
      await assert.rejects(token.withUnwrappedKey(p256, { ...wrapped, bytes }, unused), NotOurs)
    await assert.rejects(token.withUnwrappedKey(KEY_TYPES['rsa-3072'], wrapped, unused), NotOurs)
  })

  it('refuses a key of the right family but another size when it signs', async () => {
    const attempts: readonly (readonly [KeyTypeName, KeyTypeName, SignatureScheme])[] = [
      ['p-384', 'p-256', SHA256_ECDSA],
      ['rsa-3072', 'rsa-4096', { name: 'rsa-pkcs1', digest: 'sha256' }],
    ]
    for (const [is, said, scheme] of attempts)
      await assert.rejects(
        token.withUnwrappedKey(KEY_TYPES[said], key(is).wrapped, (session) =>
          token.sign(session, scheme, digestOf('sha256')),
        ),
      )
  })

  it('refuses to wrap under a key that was not opened for wrapping', async () => {
    const encrypting = await token.createInfrastructureKey('not-for-wrapping', 'encrypt')
    await assert.rejects(token.generateWrappedKey(p256, encrypting), TypeError)
  })

  it('uses blobs after the token was closed and opened again, once the wrapping key is opened', async () => {
    await token.close()
    token = await openToken(config)
    const { publicKey, wrapped } = key('p-256')
    const sign = (): Promise<Buffer> =>
      token.withUnwrappedKey(p256, wrapped, (session) =>
        token.sign(session, SHA256_ECDSA, digestOf('sha256')),
      )
    await assert.rejects(sign(), NotOurs)
    await token.infrastructureKey('wrap', 'wrap')
    assert.equal(verifies(publicKey, SHA256_ECDSA, await sign()), true)
  })
})
