import assert from 'node:assert/strict'
import { newHashes } from '../../support/samActs.ts'
import {
  base64,
  buildService,
  call,
  makeAccount,
  otpFor,
  type Account,
  type Service,
} from '../../support/service.ts'

const LIMIT = 2
const LIMITED = {
  error: 'temporarily_unavailable',
  error_description:
    'The authorization server is currently unable to handle the request due to a temporary overloading or maintenance of the server.',
}

describe('codes for one signer over the limit of a quarter of an hour — CSC API v1.0.4.0 §11.8, v2.0.0.2 §11.8', function () {
  this.timeout(30_000)
  let service: Service
  let account: Account

  before(async () => {
    service = await buildService({ config: { otp: { lifetimeSeconds: 300, sendsPerQuarterHour: LIMIT } } })
    account = await makeAccount(service)
  })
  after(() => service.dispose())

  it('are refused with 429 in both versions; the last code still works', async () => {
    const hashes = newHashes(1)
    await otpFor(service, account, newHashes(1))
    const otp = await otpFor(service, account, hashes)
    const { credentialID } = account
    for (const answer of [
      await call(service, account, 'v1 credentials/sendOTP', { credentialID }),
      await call(service, account, 'v2 credentials/getChallenge', { credentialID, authObjectID: 'OTP' }),
    ]) {
      assert.equal(answer.status, 429)
      // The first of the two codes was made some seconds ago.
      assert.match(String(answer.headers['retry-after']), /^(8[5-9][0-9]|900)$/)
      assert.deepEqual(answer.body, LIMITED)
    }
    const body = { credentialID, numSignatures: 1, hash: base64(hashes), OTP: otp }
    assert.equal((await call(service, account, 'v1 credentials/authorize', body)).status, 200)
  })
})
