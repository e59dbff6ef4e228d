import assert from 'node:assert/strict'
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import pkcs11, { type Template } from 'pkcs11js'
import { TokenUnfit } from '../../../hsm/errors.ts'
import type { InfrastructurePurpose } from '../../../hsm/hsm.ts'
import { infrastructureTemplate } from '../../../hsm/keyTemplates.ts'
import { findObjects } from '../../../hsm/objects.ts'
import { openToken, type Token, type TokenConfig } from '../../../hsm/token.ts'
import { KEY_TYPES } from '../../../sap/algorithms.ts'
import { withRawToken } from '../../support/rawToken.ts'
import { makeSoftHsm, makeToken, type SoftHsm } from '../../support/softhsm.ts'

const PURPOSES: readonly InfrastructurePurpose[] = ['wrap', 'mac', 'encrypt', 'sign-p256', 'sign-p384']

describe('hsm: keys of the service in the token', () => {
  let softHsm: SoftHsm
  let config: TokenConfig
  let token: Token

  before(async () => {
    softHsm = await makeSoftHsm()
    config = await makeToken(softHsm, 'service')
    token = await openToken(config)
  })

  after(async () => {
    await token.close()
    await softHsm.dispose()
  })

  for (const purpose of PURPOSES)
    it(`makes a key for ${purpose}, and finds it again by its label`, async () => {
      const made = await token.createInfrastructureKey(`found-${purpose}`, purpose)
      assert.match(made.id, /^[0-9a-f]{32}$/)
      assert.deepEqual(await token.infrastructureKey(`found-${purpose}`, purpose), made)
    })

  it('refuses a label that is taken, by whatever kind of object', async () => {
    await token.createInfrastructureKey('taken', 'mac')
    await assert.rejects(token.createInfrastructureKey('taken', 'mac'), TokenUnfit)
    await assert.rejects(token.createInfrastructureKey('taken', 'sign-p256'), TokenUnfit)
  })

  it('refuses a label that is missing, or not unique', async () => {
    await assert.rejects(token.infrastructureKey('missing', 'wrap'), /no key "missing"/)
    for (const id of [randomBytes(16), randomBytes(16)])
      generate('twice', infrastructureTemplate('wrap', { label: 'twice', id }))
    await assert.rejects(token.infrastructureKey('twice', 'wrap'), /more than one key "twice"/)
  })

  it('refuses a key for another purpose than its own', async () => {
    for (const purpose of PURPOSES) await token.createInfrastructureKey(`own-${purpose}`, purpose)
    for (const own of PURPOSES)
      for (const other of PURPOSES)
        if (own !== other) await assert.rejects(token.infrastructureKey(`own-${own}`, other), TokenUnfit)
  })

  function generate(label: string, template: Template): void {
    withRawToken(config, (desk) =>
      desk.pkcs11.C_GenerateKey(desk.session, { mechanism: pkcs11.CKM_AES_KEY_GEN }, template),
    )
    assert.ok(label)
  }

  const changes: readonly (readonly [string, number, boolean | number])[] = [
    ['decrypt', pkcs11.CKA_DECRYPT, true],
    ['encrypt', pkcs11.CKA_ENCRYPT, true],
    ['derive', pkcs11.CKA_DERIVE, true],
    ['sign', pkcs11.CKA_SIGN, true],
    ['verify', pkcs11.CKA_VERIFY, true],
    ['be extracted', pkcs11.CKA_EXTRACTABLE, true],
    ['be read', pkcs11.CKA_SENSITIVE, false],
    ['be changed', pkcs11.CKA_MODIFIABLE, true],
    ['be seen without login', pkcs11.CKA_PRIVATE, false],
    ['be short', pkcs11.CKA_VALUE_LEN, 16],
    ['not unwrap', pkcs11.CKA_UNWRAP, false],
  ]
  for (const [what, type, value] of changes)
    it(`refuses a wrapping key that may ${what}, each time that it is opened`, async () => {
      const label = `wrap-${what}`
      const sound = infrastructureTemplate('wrap', { label, id: randomBytes(16) })
      generate(label, [...sound.filter((one) => one.type !== type), { type, value }])
      for (let i = 0; i < 2; i++) await assert.rejects(token.infrastructureKey(label, 'wrap'), TokenUnfit)
    })

  it('refuses a wrapping key that was not generated in the token', async () => {
    const label = 'imported'
    const sound = infrastructureTemplate('wrap', { label, id: randomBytes(16) })
    withRawToken(config, (desk) =>
      desk.pkcs11.C_CreateObject(desk.session, [
        ...sound.filter((one) => one.type !== pkcs11.CKA_VALUE_LEN),
        { type: pkcs11.CKA_VALUE, value: randomBytes(32) },
      ]),
    )
    await assert.rejects(token.infrastructureKey(label, 'wrap'), /ALWAYS_SENSITIVE|LOCAL/)
  })

  it('gives the wrapping key no way to decrypt a wrapped key as data', async () => {
    const key = await token.createInfrastructureKey('wrap-only', 'wrap')
    const { wrapped } = await token.generateWrappedKey(KEY_TYPES['p-256'], key)
    withRawToken(config, (desk) => {
      const [handle] = findObjects(desk, [{ type: pkcs11.CKA_LABEL, value: 'wrap-only' }])
      assert.ok(handle)
      const parameter = { type: pkcs11.CK_PARAMS_AES_CBC, iv: Buffer.alloc(16) }
      const init = (): void => {
        desk.pkcs11.C_DecryptInit(desk.session, { mechanism: pkcs11.CKM_AES_CBC, parameter }, handle)
      }
      assert.throws(init, /CKR_KEY_FUNCTION_NOT_PERMITTED/)
      const open = [{ type: pkcs11.CKA_DECRYPT, value: true }]
      assert.throws(() => {
        desk.pkcs11.C_SetAttributeValue(desk.session, handle, open)
      }, /CKR_/)
    })
    assert.ok(wrapped.bytes.length > 0)
  })

  for (const [purpose, digest, curve] of [
    ['sign-p256', 'sha256', 'prime256v1'],
    ['sign-p384', 'sha384', 'secp384r1'],
  ] as const)
    it(`signs with a ${purpose} key, whose public key is on ${curve}`, async () => {
      const key = await token.createInfrastructureKey(`sign-with-${purpose}`, purpose)
      const spki = await token.publicKeyOf(key)
      const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
      assert.deepEqual(publicKey.asymmetricKeyDetails, { namedCurve: curve })
      const message = Buffer.from('checkpoint')
      const hash = createHash(digest).update(message).digest()
      const signature = await token.signWithResident(key, { name: 'ecdsa', digest }, hash)
      assert.equal(verify(digest, message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature), true)
    })

  it('refuses a key in a role for which it was not opened', async () => {
    const mac = await token.createInfrastructureKey('role-mac', 'mac')
    const seal = await token.createInfrastructureKey('role-encrypt', 'encrypt')
    const nothing = Buffer.alloc(0)
    await assert.rejects(token.hmac(seal, nothing), TypeError)
    await assert.rejects(token.encrypt(mac, nothing, nothing), TypeError)
    await assert.rejects(
      token.signWithResident(mac, { name: 'ecdsa', digest: 'sha256' }, Buffer.alloc(32)),
      TypeError,
    )
    await assert.rejects(token.publicKeyOf(mac), TypeError)
    await assert.rejects(token.hmac({ label: 'role-mac', id: '00' }, nothing), TypeError)
  })
})
