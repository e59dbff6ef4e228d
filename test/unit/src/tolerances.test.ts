import assert from 'node:assert/strict'
import { KEY_TYPES, type EcKeyType } from '../../../sap/algorithms.ts'
import { ecdsaDer } from '../../../sap/ecdsaSignature.ts'
import { tolerantAnswer } from '../../../src/api/tolerantAnswer.ts'
import { tolerantBody } from '../../../src/api/tolerantBody.ts'
import { CscError } from '../../../src/domain/errors.ts'
import { NO_TOLERANCES, TOLERANCES, type Tolerance } from '../../../src/domain/tolerances.ts'

/** P-384 and P-256. */
function ecKeyTypes(): readonly [EcKeyType, EcKeyType] {
  const wide = KEY_TYPES['p-384']
  const narrow = KEY_TYPES['p-256']
  assert.ok(wide.family === 'ec' && narrow.family === 'ec')
  return [wide, narrow]
}

const allowed = (...names: readonly Tolerance[]): ReadonlySet<Tolerance> => new Set(names)
const v2 = (tolerances: ReadonlySet<Tolerance>, body: object): object =>
  tolerantBody(tolerances, '/csc/v2', body)

describe('what an application may write otherwise', () => {
  const odd = {
    hash: ['-_8'],
    hashAlgo: '1.2.3.4',
    PIN: '1234',
    numSignatures: '2',
    lang: 0,
    clientData: { a: 1 },
    authData: [{ id: 'password', value: 'x' }],
  }

  it('is nothing without a switch', () => {
    assert.equal(v2(NO_TOLERANCES, odd), odd)
  })

  for (const name of TOLERANCES)
    it(`leaves a body as the contract has it alone: ${name}`, () => {
      const body = {
        credentialID: 'c',
        numSignatures: 2,
        hashes: ['+/8='],
        hashAlgorithmOID: '1.2.3.4',
        authData: [{ id: 'PIN', value: 'x' }],
        lang: 'en',
        clientData: 'text',
      }
      assert.deepEqual(v2(allowed(name), body), body)
    })

  describe('base64url', () => {
    const hashOf = (text: string): unknown => Reflect.get(v2(allowed('base64url'), { hash: [text] }), 'hash')
    it('takes both alphabets, with padding and without', () => {
      for (const text of ['+/8=', '-_8=', '+/8', '-_8']) assert.deepEqual(hashOf(text), ['+/8='])
    })
    it('takes no second text for one value, and no other characters', () => {
      // "-_9" has unused bits that are not zero.
      for (const text of ['-_9', '-_ 8', '-_8==', '%2B', '-_8=A']) assert.deepEqual(hashOf(text), [text])
    })
  })

  it('numericStrings takes digits for a number, and nothing that is none', () => {
    const of = (text: string): unknown =>
      Reflect.get(v2(allowed('numericStrings'), { numSignatures: text }), 'numSignatures')
    assert.deepEqual(['2', '-1', '2.0', ' 2', '0x2', '1e3', ''].map(of), [
      2,
      -1,
      '2.0',
      ' 2',
      '0x2',
      '1e3',
      '',
    ])
  })

  describe('v1Names', () => {
    it('takes the names of version 1, and its factors', () => {
      const body = v2(allowed('v1Names'), { hash: ['a'], hashAlgo: 'b', PIN: '1', OTP: '2' })
      assert.deepEqual(Reflect.get(body, 'hashes'), ['a'])
      assert.equal(Reflect.get(body, 'hashAlgorithmOID'), 'b')
      assert.deepEqual(Reflect.get(body, 'authData'), [
        { id: 'PIN', value: '1' },
        { id: 'OTP', value: '2' },
      ])
    })
    it('refuses two spellings that differ, and takes two that agree', () => {
      assert.throws(() => v2(allowed('v1Names'), { hash: ['a'], hashes: ['b'] }), CscError)
      assert.deepEqual(Reflect.get(v2(allowed('v1Names'), { hash: ['a'], hashes: ['a'] }), 'hashes'), ['a'])
    })
    it('refuses factors by both names', () => {
      const body = { authData: [{ id: 'OTP', value: '9' }], PIN: '1' }
      assert.throws(() => v2(allowed('v1Names'), body), CscError)
    })
    it('means nothing to version 1', () => {
      const body = { hash: ['a'] }
      assert.deepEqual(tolerantBody(allowed('v1Names'), '/csc/v1', body), body)
    })
  })

  it('passwordObject takes "password" for the PIN', () => {
    const { authData } = odd
    assert.deepEqual(Reflect.get(v2(allowed('passwordObject'), { authData }), 'authData'), [
      { id: 'PIN', value: 'x' },
    ])
  })

  it('looseText drops lang and clientData of another type', () => {
    const body = v2(allowed('looseText'), odd)
    assert.ok(!('lang' in body) && !('clientData' in body) && 'hash' in body)
  })
})

describe('what an application may read otherwise', () => {
  const [wide, key] = ecKeyTypes()
  const raw = Buffer.alloc(64, 7)
  const answer = { signatures: [ecdsaDer(raw, key).toString('base64')], other: 1 }

  it('is the answer itself without a switch', () => {
    assert.equal(tolerantAnswer(NO_TOLERANCES, answer), answer)
    assert.equal(tolerantAnswer(NO_TOLERANCES, undefined), undefined)
  })
  it('contentAlways gives an empty object in place of nothing', () => {
    assert.deepEqual(tolerantAnswer(allowed('contentAlways'), undefined), {})
  })
  it('rawEcdsa gives r‖s of P-256 and P-384, and RSA as it is', () => {
    const rawWide = Buffer.alloc(96, 9)
    const rsa = Buffer.alloc(384, 0x30)
    const signatures = [ecdsaDer(raw, key), ecdsaDer(rawWide, wide), rsa].map((one) => one.toString('base64'))
    assert.deepEqual(tolerantAnswer(allowed('rawEcdsa'), { signatures }), {
      signatures: [raw, rawWide, rsa].map((one) => one.toString('base64')),
    })
  })
  it('base64urlSignatures gives the other alphabet without padding, and leaves the rest', () => {
    assert.deepEqual(tolerantAnswer(allowed('base64urlSignatures', 'rawEcdsa'), answer), {
      signatures: [raw.toString('base64url')],
      other: 1,
    })
  })
})
