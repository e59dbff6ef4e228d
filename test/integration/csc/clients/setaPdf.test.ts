import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { firstTextIn, memberOf } from '../../../support/bodyOf.ts'
import { clientRecipe } from '../../../support/clientRecipe.ts'
import { replay, type Reply } from '../../../support/replay.ts'
import { buildService, makeAccount, type Account, type Service } from '../../../support/service.ts'

const SHA256 = '2.16.840.1.101.3.4.2.1'

/** The addon sends `{}` where it has nothing to say, and reads JSON always. Only 200 is success to it. */
describe('SetaPDF-Signer addon CSC, request by request (v1)', function () {
  this.timeout(60_000)

  const asks =
    (service: Service, account: Account) =>
    (method: string, body: object): Promise<Reply> =>
      replay(service.ssa, {
        path: `csc/v1/${method}`,
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${account.token}` },
        body: JSON.stringify(body),
        // What `contentAlways` changes, undone.
        unswitched: (answer) =>
          method === 'credentials/sendOTP' && answer.status === 200 ? { ...answer, status: 204 } : answer,
      })

  describe('with the switch contentAlways', () => {
    let service: Service
    let ada: Account
    let ask: (method: string, body: object) => Promise<Reply>
    before(async () => {
      service = await buildService({}, clientRecipe('SetaPDF'))
      ada = await makeAccount(service, { policy: 'otp-pin' })
      ask = asks(service, ada)
    })
    after(() => service.dispose())

    it('reads info, takes the first credential and its first algorithm, has a code sent, authorizes, signs', async () => {
      assert.equal((await ask('info', {})).status, 200)
      const credentialID = firstTextIn((await ask('credentials/list', {})).body, 'credentialIDs')
      const info = await ask('credentials/info', {
        credentialID,
        certificates: 'chain',
        certInfo: true,
        authInfo: true,
      })
      assert.equal(memberOf(info.body, 'authMode'), 'explicit')
      const signAlgo = firstTextIn(memberOf(info.body, 'key'), 'algo')
      assert.equal(signAlgo, '1.2.840.10045.4.3.2', 'a combined OID comes first')

      const sent = await ask('credentials/sendOTP', { credentialID })
      assert.deepEqual([sent.status, sent.body], [200, {}])
      const message = Buffer.from('a document')
      const hash = [createHash('sha256').update(message).digest('base64')]
      const OTP = await service.sam.lastCode()
      const authorized = await ask('credentials/authorize', {
        credentialID,
        numSignatures: 1,
        hash,
        PIN: ada.signer.pin,
        OTP,
      })
      assert.equal(authorized.status, 200)
      const SAD = memberOf(authorized.body, 'SAD')
      const signed = await ask('signatures/signHash', { credentialID, SAD, hash, hashAlgo: SHA256, signAlgo })
      assert.equal(signed.status, 200)
      const signature = firstTextIn(signed.body, 'signatures')
      const key = createPublicKey({ key: ada.signer.publicKey, format: 'der', type: 'spki' })
      assert.ok(verify('sha256', message, { key, dsaEncoding: 'der' }, Buffer.from(signature, 'base64')))
    })
  })

  it('breaks at sendOTP without the switch: 204, as the standard has it', async () => {
    const service = await buildService()
    try {
      const ada = await makeAccount(service)
      const { status } = await asks(service, ada)('credentials/sendOTP', { credentialID: ada.credentialID })
      assert.equal(status, 204)
    } finally {
      await service.dispose()
    }
  })
})
