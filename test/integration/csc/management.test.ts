import assert from 'node:assert/strict'
import { join } from 'node:path'
import request from 'supertest'
import { bodyOf, memberOf } from '../../support/bodyOf.ts'
import { assertAnswer, assertContract } from '../../support/cscContract.ts'
import { newHashes } from '../../support/samActs.ts'
import { buildService, makeAccount, sadFor, sign, type Account, type Service } from '../../support/service.ts'

describe('the management listener — openapi/management.yaml', function () {
  this.timeout(60_000)
  let service: Service
  let account: Account

  before(async () => {
    service = await buildService()
    account = await makeAccount(service)
  })
  after(() => service.dispose())

  it('says that it lives', async () => {
    const response = await request(service.ssa.managementUrl).get('/livez')
    assert.equal(response.status, 200)
    await assertContract('management', 'livez', { status: 200, body: bodyOf(response) })
  })

  it('says that it is ready, and which parts are, while all of them are', async () => {
    const response = await request(service.ssa.managementUrl).get('/readyz?verbose')
    assert.deepEqual(bodyOf(response), {
      status: 'ok',
      parts: { database: 'ok', sam: 'ok', hsm: 'ok', journal: 'ok' },
    })
    await assertContract('management', 'readyz', { status: 200, body: bodyOf(response) })
    const short = await request(service.ssa.managementUrl).get('/readyz')
    assert.deepEqual(bodyOf(short), { status: 'ok' })
    await assertContract('management', 'readyz', { status: 200, body: bodyOf(short) })
  })

  it('counts answers by method and status', async () => {
    await service.ssa.post('v1', 'credentials/list', {}, { token: 'x' })
    const { text } = await request(service.ssa.managementUrl).get('/metrics')
    assert.match(text, /chancery_ssa_answers_total\{operation="credentials\/list",status="401"\} [1-9]/)
  })

  it('shows the journal of a request to the operator, and to nobody else', async () => {
    const hashes = newHashes(1)
    const { requestId } = await sign(service, account, await sadFor(service, account, hashes), hashes)
    const events = await service.ssa.journal(requestId)
    assert.deepEqual(
      events.map((event) => memberOf(event, 'type')),
      ['sign-requested', 'sign-completed'],
    )
    assert.deepEqual(await service.ssa.journal('no-such-request'), [])
    for (const authorization of ['', 'Bearer x', `Bearer ${service.ssa.operatorToken}x`, 'Basic eDp5']) {
      const response = await request(service.ssa.managementUrl)
        .get(`/journal/${requestId}`)
        .set('Authorization', authorization)
      assert.equal(response.status, 401)
      await assertContract('management', 'journal', { status: 401, body: bodyOf(response) })
    }
  })

  it('answers other paths and verbs in JSON', async () => {
    const agent = request(service.ssa.managementUrl)
    const root = await agent.get('/')
    assert.equal(memberOf(bodyOf(root), 'error'), 'not_found')
    const post = await agent.post('/readyz')
    assert.equal(post.status, 405)
    assert.equal(memberOf(bodyOf(post), 'error'), 'method_not_allowed')
    for (const { status, body } of [root, post])
      await assertContract('management', 'journal', { status, body })
  })

  it('is not on the public listener', async () => {
    for (const path of ['/livez', '/readyz', '/metrics', '/journal/x']) {
      const response = await request(service.ssa.url).get(path).ca(service.ssa.ca)
      assert.equal(response.status, 404)
      await assertAnswer(path, { status: 404, body: bodyOf(response) })
    }
  })
})

describe('a journal that cannot be written', function () {
  this.timeout(60_000)
  it('lets nothing be signed, is shown by /readyz, and recovers', async () => {
    const service = await buildService()
    try {
      const account = await makeAccount(service)
      const hashes = newHashes(1)
      const sad = await sadFor(service, account, hashes)
      const { default: knex } = await import('knex')
      // Another process that keeps the database to itself, as a stuck backup does.
      const other = knex({
        client: 'sqlite3',
        connection: { filename: join(service.ssa.folder, 'ssa.db') },
        useNullAsDefault: true,
      })
      await other.raw('BEGIN EXCLUSIVE')
      const answer = await sign(service, account, sad, hashes)
      assert.equal(answer.status, 503)
      const ready = await request(service.ssa.managementUrl).get('/readyz')
      assert.equal(ready.status, 503)
      await assertContract('management', 'readyz', { status: 503, body: bodyOf(ready) })
      assert.equal(memberOf(memberOf(bodyOf(ready), 'parts'), 'journal'), 'failed')
      await other.raw('ROLLBACK')
      await other.destroy()
      const again = await sign(service, account, sad, hashes)
      assert.equal(again.status, 200, 'the SAM was not asked before')
      assert.equal((await request(service.ssa.managementUrl).get('/readyz')).status, 200)
    } finally {
      await service.dispose()
    }
  })
})
