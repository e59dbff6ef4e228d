import assert from 'node:assert/strict'
import { listIn, memberOf, membersOf } from '../../support/bodyOf.ts'
import { ssaInfo } from '../../support/ssaFolder.ts'
import { buildService, call, makeAccount, type Service } from '../../support/service.ts'

describe('the text of CSC API v2 that the operator chose', () => {
  let service: Service
  afterEach(() => service.dispose())

  it('is 2.0.0.0 unless another is configured: nothing of later texts', async () => {
    service = await buildService()
    const ada = await makeAccount(service)
    const { body } = await service.ssa.post('v2', 'info', {})
    assert.equal(memberOf(body, 'specs'), '2.0.0.0')
    assert.ok(!membersOf(body).includes('supportedHashTypes'))
    assert.ok(!listIn(body, 'methods').includes('credentials/sendOTP'))
    const answer = await call(service, ada, 'v2 credentials/sendOTP', { credentialID: ada.credentialID })
    assert.deepEqual([answer.status, memberOf(answer.body, 'error')], [501, 'not_implemented'])
  })

  it('with 2.2.0.0 has what an EUDI wallet asks of info, and sendOTP again', async () => {
    service = await buildService({}, { info: { ...ssaInfo, specs: '2.2.0.0' } })
    const ada = await makeAccount(service)
    const { body } = await service.ssa.post('v2', 'info', {})
    assert.equal(memberOf(body, 'specs'), '2.2.0.0')
    assert.deepEqual(memberOf(body, 'supportedHashTypes'), ['SHA-256', 'SHA-384', 'SHA-512'])
    assert.deepEqual(memberOf(body, 'documentTypes'), ['sod'])
    assert.ok(listIn(body, 'methods').includes('credentials/sendOTP'))
    const before = (await service.sam.outbox()).length
    const answer = await call(service, ada, 'v2 credentials/sendOTP', { credentialID: ada.credentialID })
    assert.equal(answer.status, 204)
    assert.equal((await service.sam.outbox()).length, before + 1)
    // Version 1 stays what it is.
    assert.equal(memberOf((await service.ssa.post('v1', 'info', {})).body, 'specs'), '1.0.3.0')
  })
})
