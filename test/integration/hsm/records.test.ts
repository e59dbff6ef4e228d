import assert from 'node:assert/strict'
import pkcs11 from 'pkcs11js'
import { NotOurs, TokenUnfit } from '../../../hsm/errors.ts'
import type { InfrastructureKey } from '../../../hsm/hsm.ts'
import { attribute, findObjects, type Desk } from '../../../hsm/objects.ts'
import { openToken, type Token, type TokenConfig } from '../../../hsm/token.ts'
import { makeFaultModule, type FaultModule } from '../../support/faultModule.ts'
import { withRawToken } from '../../support/rawToken.ts'
import { makeSoftHsm, makeToken, type SoftHsm } from '../../support/softhsm.ts'

describe('hsm: MACs, sealed records, data objects', () => {
  let softHsm: SoftHsm
  let fault: FaultModule
  let config: TokenConfig
  let token: Token

  before(async () => {
    softHsm = await makeSoftHsm()
    const plain = await makeToken(softHsm, 'records')
    fault = await makeFaultModule(softHsm)
    config = { ...plain, module: fault.module, environment: fault.environment }
    token = await openToken(config)
  })

  after(async () => {
    await token.close()
    await softHsm.dispose()
  })

  it('gives as many random bytes as asked for, each time others', async () => {
    const [one, other] = [await token.random(32), await token.random(32)]
    assert.deepEqual([one.length, one.equals(other)], [32, false])
    assert.equal((await token.random(0)).length, 0)
  })

  describe('HMAC-SHA-256', () => {
    let key: InfrastructureKey
    before(async () => {
      key = await token.createInfrastructureKey('mac', 'mac')
    })

    it('is the same for the same message, and another for any other message or key', async () => {
      const other = await token.createInfrastructureKey('other-mac', 'mac')
      const macs = [
        await token.hmac(key, Buffer.from('record')),
        await token.hmac(key, Buffer.from('record')),
        await token.hmac(key, Buffer.from('recorD')),
        await token.hmac(other, Buffer.from('record')),
      ].map((mac) => mac.toString('hex'))
      assert.equal(macs[0]?.length, 64)
      assert.equal(macs[0], macs[1])
      assert.equal(new Set(macs).size, 3)
    })

    it('takes messages from nothing to a megabyte, many at once', async () => {
      const messages = [0, 1, 64, 1_000_000].map((length) => Buffer.alloc(length, 7))
      const first = await Promise.all(messages.map((message) => token.hmac(key, message)))
      assert.deepEqual(await Promise.all(messages.map((message) => token.hmac(key, message))), first)
    })
  })

  describe('AES-256-GCM', () => {
    const data = Buffer.from('factor/17/1')
    let key: InfrastructureKey
    before(async () => {
      key = await token.createInfrastructureKey('seal', 'encrypt')
    })

    for (const length of [0, 1, 15, 16, 17, 4096])
      it(`opens what it sealed: ${String(length)} bytes`, async () => {
        const plaintext = Buffer.alloc(length, 0x5a)
        const sealed = await token.encrypt(key, plaintext, data)
        assert.equal(sealed.length, 12 + length + 16)
        assert.deepEqual(await token.decrypt(key, sealed, data), plaintext)
      })

    it('takes a new IV each time', async () => {
      const sealed = await Promise.all(Array.from({ length: 50 }, () => token.encrypt(key, data, data)))
      assert.equal(new Set(sealed.map((one) => one.subarray(0, 12).toString('hex'))).size, 50)
    })

    it('refuses other additional data, another key, and any change', async () => {
      const sealed = await token.encrypt(key, Buffer.from('secret'), data)
      const other = await token.createInfrastructureKey('other-seal', 'encrypt')
      await assert.rejects(token.decrypt(key, sealed, Buffer.from('factor/18/1')), NotOurs)
      await assert.rejects(token.decrypt(key, sealed, Buffer.alloc(0)), NotOurs)
      await assert.rejects(token.decrypt(other, sealed, data), NotOurs)
      for (let at = 0; at < sealed.length; at++) {
        const changed = Buffer.from(sealed)
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
        await assert.rejects(token.decrypt(key, changed, data), NotOurs)
      }
      for (let length = 0; length < sealed.length; length++)
        await assert.rejects(token.decrypt(key, sealed.subarray(0, length), data), NotOurs)
      assert.deepEqual(await token.decrypt(key, sealed, data), Buffer.from('secret'))
    })
  })

  describe('data objects', () => {
    const copies = (desk: Desk, label: string): readonly Buffer[] =>
      findObjects(desk, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
        { type: pkcs11.CKA_LABEL, value: label },
      ])

    /** Puts a copy with a bit flipped in the place of the n-th newest. */
    function corrupt(label: string, which: 'newest' | 'oldest' | 'all'): void {
      withRawToken(config, (desk) => {
        const found = copies(desk, label)
          .map((handle) => ({ handle, value: attribute(desk, handle, pkcs11.CKA_VALUE) ?? Buffer.alloc(0) }))
          .sort((a, b) => Number(b.value.readBigUInt64BE() - a.value.readBigUInt64BE()))
        const chosen = which === 'all' ? found : which === 'newest' ? found.slice(0, 1) : found.slice(-1)
        for (const { handle, value } of chosen) {
          value.writeUInt8(value.readUInt8(value.length - 1) ^ 1, value.length - 1)
          desk.pkcs11.C_DestroyObject(desk.session, handle)
          desk.pkcs11.C_CreateObject(desk.session, [
            { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
            { type: pkcs11.CKA_TOKEN, value: true },
            { type: pkcs11.CKA_PRIVATE, value: true },
            { type: pkcs11.CKA_APPLICATION, value: 'chancery' },
            { type: pkcs11.CKA_LABEL, value: label },
            { type: pkcs11.CKA_VALUE, value },
          ])
        }
      })
    }

    async function write(label: string, ...values: readonly string[]): Promise<void> {
      for (const value of values) await token.writeData(label, Buffer.from(value))
    }

    const read = async (label: string): Promise<string | undefined> =>
      (await token.readData(label))?.toString()

    it('are undefined before the first write, then what was written last, also after opening anew', async () => {
      assert.equal(await read('plain'), undefined)
      await write('plain', 'one')
      assert.equal(await read('plain'), 'one')
      await write('plain', 'two', 'three', '')
      assert.equal(await read('plain'), '')
      await write('plain', 'five')
      await token.close()
      token = await openToken(config)
      assert.equal(await read('plain'), 'five')
    })

    it('keep to their labels', async () => {
      await write('left', 'l')
      await write('right', 'r')
      assert.deepEqual([await read('left'), await read('right')], ['l', 'r'])
    })

    it('are two copies at most, private and in the token', async () => {
      await write('copies', '1', '2', '3', '4')
      const found = withRawToken(config, (desk) =>
        copies(desk, 'copies').map((handle) => [
          attribute(desk, handle, pkcs11.CKA_PRIVATE)?.[0],
          attribute(desk, handle, pkcs11.CKA_TOKEN)?.[0],
        ]),
      )
      assert.deepEqual(found, [
        [1, 1],
        [1, 1],
      ])
    })

    it('give the copy before when the newest is not whole, and can be written again', async () => {
      await write('torn', 'old', 'new')
      corrupt('torn', 'newest')
      assert.equal(await read('torn'), 'old')
      await write('torn', 'newer', 'newest')
      assert.equal(await read('torn'), 'newest')
    })

    it('do not mind an older copy that is not whole', async () => {
      await write('older', 'old', 'new')
      corrupt('older', 'oldest')
      assert.equal(await read('older'), 'new')
    })

    it('are refused, not taken for absent, when no copy is whole', async () => {
      await write('lost', 'old', 'new')
      corrupt('lost', 'all')
      await assert.rejects(read('lost'), TokenUnfit)
    })

    it('keep the value before when a write fails, or stops half way', async () => {
      await write('failing', 'old', 'kept')
      fault.set({ call: 'C_CreateObject', fault: 'error=49' })
      await assert.rejects(write('failing', 'new'))
      fault.set({ call: 'C_DestroyObject', fault: 'error=6' })
      await assert.rejects(write('failing', 'half'))
      fault.clear()
      assert.equal(await read('failing'), 'half')
      await write('failing', 'whole')
      assert.equal(await read('failing'), 'whole')
    })
  })
})
