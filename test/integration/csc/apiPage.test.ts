import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import request, { type Response } from 'supertest'
import { bodyOf } from '../../support/bodyOf.ts'
import { buildSsa, type TestSsa } from '../../support/buildSsa.ts'
import { assertAnswer } from '../../support/cscContract.ts'
import { scriptedSam, type ScriptedSam } from '../../support/scriptedSam.ts'

describe("the API's page", function () {
  this.timeout(60_000)
  let sam: ScriptedSam
  let ssa: TestSsa

  before(async () => {
    sam = await scriptedSam()
    ssa = await buildSsa({ sam })
  })
  after(async () => {
    await ssa.dispose()
    await sam.dispose()
  })
  const get = (path: string): Promise<Response> => request(ssa.url).get(path).ca(ssa.ca)

  it('is served without a token, allows nothing from elsewhere and nothing inline', async () => {
    const { status, headers, text } = await get('/api/')
    assert.equal(status, 200)
    assert.equal(
      headers['content-security-policy'],
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    )
    assert.doesNotMatch(text, /https?:|<script>|style=|onload=/)
  })

  it('finds every file that it names on this service', async () => {
    const { text } = await get('/api/')
    const names = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => name ?? '')
    assert.deepEqual(new Set(names).size, 6)
    for (const name of names) assert.equal((await get(`/api/${name}`)).status, 200, name)
  })

  it('has a request id of its own on every answer, and is for TLS alone', async () => {
    const paths = ['/api', '/api/', '/api/page.js', '/api/csc-v2.yaml', '/api/swagger-ui.css', '/api/none']
    const answers = await Promise.all(paths.map(get))
    for (const { headers } of answers) assert.equal(headers['strict-transport-security'], 'max-age=31536000')
    const ids = answers.map(({ headers }) => String(headers['x-request-id']))
    for (const id of ids) assert.match(id, /^[0-9a-f-]{36}$/)
    assert.equal(new Set(ids).size, paths.length)
  })

  for (const version of ['v1', 'v2'])
    it(`gives the contract of ${version} as the service reads it`, async () => {
      const answer = await get(`/api/csc-${version}.yaml`)
      const body = bodyOf(answer)
      assert.deepEqual([answer.status, answer.headers['content-type']], [200, 'application/yaml'])
      const contract = readFileSync(`openapi/csc-${version}.yaml`, 'utf8')
      assert.equal(Buffer.isBuffer(body) ? body.toString('utf8') : answer.text, contract)
    })

  it('sends /api to /api/, and knows nothing else', async () => {
    const moved = await get('/api')
    assert.deepEqual([moved.status, moved.headers['location']], [308, '/api/'])
    const unknown = await get('/api/ssa.yaml')
    assert.equal(unknown.status, 404)
    await assertAnswer('/api/ssa.yaml', { status: 404, body: bodyOf(unknown) })
    assert.deepEqual(bodyOf(unknown), { error: 'not_found', error_description: 'There is no such method.' })
  })
})
