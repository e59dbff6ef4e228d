import assert from 'node:assert/strict'
import request, { type Response } from 'supertest'
import { bodyOf, textIn } from '../../support/bodyOf.ts'
import { basic, buildSsa } from '../../support/buildSsa.ts'
import { assertContract } from '../../support/cscContract.ts'
import { scriptedSam } from '../../support/scriptedSam.ts'

const PASSWORD = 'correct horse battery'

describe('the limit of an address — A17', () => {
  it('answers 429 once an address has failed too often, whatever address it says it has', async () => {
    const sam = await scriptedSam()
    const ssa = await buildSsa({
      sam,
      config: { limits: { failuresPerAccount: 100, failuresPerAddress: 3, windowSeconds: 300 } },
    })
    await ssa.addUser({ username: 'ada', password: PASSWORD, signerId: 'signer-ada' })
    for (let n = 0; n < 3; n++)
      await ssa.post('v1', 'auth/login', {}, { authorization: basic(`user-${n}`, 'x') })
    const answer = await ssa.post('v1', 'auth/login', {}, { authorization: basic('ada', PASSWORD) })
    assert.equal(answer.status, 429)
    assert.equal(textIn(answer.body, 'error'), 'temporarily_unavailable')
    assert.match(String(answer.headers['retry-after']), /^(2[5-9][0-9]|300)$/, 'the end of the window')
    const headers = { 'X-Forwarded-For': '203.0.113.7' }
    const disguised = await ssa.post(
      'v1',
      'auth/login',
      {},
      { authorization: basic('ada', PASSWORD), headers },
    )
    assert.equal(disguised.status, 429, 'an address is not what a client says it is')
    await ssa.dispose()
    await sam.dispose()
  })
})

describe('plain HTTP behind a declared proxy', () => {
  it("takes the client's address and scheme from the proxy on this machine", async () => {
    const sam = await scriptedSam()
    const ssa = await buildSsa({
      sam,
      config: {
        listen: { host: '127.0.0.1', port: 0, trustedProxy: true },
        limits: { failuresPerAccount: 100, failuresPerAddress: 2, windowSeconds: 60 },
      },
    })
    const attempt = async (address: string): Promise<Response> => {
      const response = await request(ssa.url.replace('https://localhost', 'http://127.0.0.1'))
        .post('/csc/v1/auth/login')
        .set({ 'X-Forwarded-For': `198.51.100.1, ${address}`, 'X-Forwarded-Proto': 'https' })
        .set('Authorization', basic('ada', 'wrong'))
        .send({})
      await assertContract('v1', 'auth/login', { status: response.status, body: bodyOf(response) })
      return response
    }
    for (const status of [400, 400, 429]) assert.equal((await attempt('203.0.113.7')).status, status)
    const other = await attempt('203.0.113.8')
    assert.equal(other.status, 400)
    assert.match(String(other.headers['strict-transport-security']), /max-age/)
    await ssa.dispose()
    await sam.dispose()
  })
})
