import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { firstTextIn, listIn, memberOf } from '../../../support/bodyOf.ts'
import { clientRecipe } from '../../../support/clientRecipe.ts'
import { replay, type Reply } from '../../../support/replay.ts'
import { buildService, makeAccount, type Account, type Service } from '../../../support/service.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'
const LIST = {
  credentialInfo: true,
  certificates: 'chain',
  certInfo: true,
  authInfo: true,
  onlyValid: true,
  lang: 0,
  clientData: 'string',
}
/** What `base64urlSignatures` changes, undone. */
function inBase64(answer: Reply): Reply {
  const { body } = answer
  if (typeof body !== 'object' || body === null || !('signatures' in body)) return answer
  const signatures = listIn(body, 'signatures').map((text) =>
    Buffer.from(String(text), 'base64url').toString('base64'),
  )
  return { ...answer, body: { ...body, signatures } }
}

/**
 * The issuer of credentials as JWS: version 2's paths with version 1's names, digests in base64url, and a signature that
 * is appended to the JWS as it comes. Its token comes from OAuth; here it is one of a login.
 */
describe('EUDIStack issuer, request by request (v2)', function () {
  this.timeout(60_000)
  const signingInput = Buffer.from('eyJhbGciOiJFUzI1NiJ9.eyJ2YyI6e319')
  const digest = createHash('sha256').update(signingInput).digest()

  const asks =
    (service: Service, account: Account) =>
    (method: string, body: object): Promise<Reply> =>
      replay(service.ssa, {
        path: `csc/v2/${method}`,
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${account.token}` },
        body: JSON.stringify(body),
        unswitched: inBase64,
      })
  const authorization = ({ credentialID, signer }: Account): object => ({
    credentialID,
    numSignatures: 1,
    hash: [digest.toString('base64url')],
    hashAlgo: SHA256,
    authData: [{ id: 'password', value: signer.pin }],
  })

  describe('with its switches', () => {
    let service: Service
    let seal: Account
    let ask: (method: string, body: object) => Promise<Reply>
    before(async () => {
      service = await buildService({}, clientRecipe('EUDIStack'))
      seal = await makeAccount(service, { policy: 'pin' })
      ask = asks(service, seal)
    })
    after(() => service.dispose())

    it('lists with a number for lang, reads what it needs of the credential', async () => {
      const list = await ask('credentials/list', LIST)
      assert.equal(list.status, 200)
      const [entry] = listIn(list.body, 'credentialInfos')
      assert.equal(memberOf(entry, 'credentialID'), seal.credentialID)
      assert.equal(memberOf(memberOf(entry, 'cert'), 'status'), 'valid')
      assert.equal(memberOf(memberOf(entry, 'key'), 'status'), 'enabled')
      assert.equal(memberOf(memberOf(entry, 'key'), 'len'), 256)
    })

    it('authorizes, signs, and appends the signature to its JWS', async () => {
      const authorized = await ask('credentials/authorize', authorization(seal))
      assert.equal(authorized.status, 200, JSON.stringify(authorized.body))
      const signed = await ask('signatures/signHash', {
        credentialID: seal.credentialID,
        SAD: memberOf(authorized.body, 'SAD'),
        hash: [digest.toString('base64url')],
        hashAlgo: SHA256,
        signAlgo: '1.2.840.10045.4.3.2',
      })
      assert.equal(signed.status, 200, JSON.stringify(signed.body))
      const signature = firstTextIn(signed.body, 'signatures')
      assert.match(signature, /^[A-Za-z0-9_-]{86}$/)
      const key = createPublicKey({ key: seal.signer.publicKey, format: 'der', type: 'spki' })
      const raw = Buffer.from(signature, 'base64url')
      assert.ok(verify('sha256', signingInput, { key, dsaEncoding: 'ieee-p1363' }, raw))
    })

    it('refuses two spellings of one member that differ', async () => {
      const answer = await ask('credentials/authorize', { ...authorization(seal), hashes: ['AAAA'] })
      assert.equal(answer.status, 400)
      assert.equal(memberOf(answer.body, 'error'), 'invalid_request')
    })
  })

  describe('without any', () => {
    let service: Service
    let seal: Account
    let ask: (method: string, body: object) => Promise<Reply>
    before(async () => {
      service = await buildService()
      seal = await makeAccount(service, { policy: 'pin' })
      ask = asks(service, seal)
    })
    after(() => service.dispose())

    it('is told that its lang is none', async () => {
      const { status, body } = await ask('credentials/list', LIST)
      const told = { error: 'invalid_request', error_description: 'Invalid parameter lang' }
      assert.deepEqual([status, body], [400, told])
    })

    it('is told that its authentication object is none', async () => {
      const { status, body } = await ask('credentials/authorize', authorization(seal))
      assert.deepEqual(
        [status, body],
        [
          400,
          {
            error: 'invalid_authentication_data',
            error_description: 'The authentication data is invalid',
          },
        ],
      )
    })
  })
})
