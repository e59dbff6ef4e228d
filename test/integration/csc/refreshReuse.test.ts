import assert from 'node:assert/strict'
import { memberOf, textIn } from '../../support/bodyOf.ts'
import { basic, type Answer, type CallOptions } from '../../support/buildSsa.ts'
import { eventsOf, newHashes } from '../../support/samActs.ts'
import {
  buildService,
  makeAccount,
  PASSWORD,
  sadFor,
  sign,
  type Account,
  type Service,
} from '../../support/service.ts'

const INVALID = { error: 'invalid_request', error_description: 'Invalid refresh_token' }
const ENDED = {
  error: 'expired_token',
  error_description: 'The access or refresh token is expired or has been revoked.',
}

interface Login {
  readonly access: string
  readonly refresh: string
}

describe('a refresh token that comes again after it was replaced — CSC API v1.0.4.0 §11.2, RFC 9700 §4.14.2', function () {
  this.timeout(60_000)
  let service: Service
  let ada: Account

  before(async () => {
    service = await buildService()
    ada = await makeAccount(service)
  })
  after(() => service.dispose())

  const post = (body: object, options: CallOptions = {}): Promise<Answer> =>
    service.ssa.post('v1', 'auth/login', body, options)
  const loginOf = ({ body }: Answer): Login => ({
    access: textIn(body, 'access_token'),
    refresh: textIn(body, 'refresh_token'),
  })
  const login = async (): Promise<Login> =>
    loginOf(await post({ rememberMe: true }, { authorization: basic(ada.username, PASSWORD) }))
  const renew = (refresh: string, options?: CallOptions): Promise<Answer> =>
    post({ refresh_token: refresh, rememberMe: true }, options)
  const list = (token: string): Promise<Answer> => service.ssa.post('v1', 'credentials/list', {}, { token })
  const isAlive = async ({ access, refresh }: Login): Promise<boolean> =>
    (await list(access)).status === 200 || (await post({ refresh_token: refresh })).status === 200
  const voidedBy = async (requestId: string): Promise<unknown> =>
    (await eventsOf(service.sam, requestId)).map((event) => [event['type'], event['count']])

  it('renews as a client does that stores what it gets: one after the other', async () => {
    let current = await login()
    for (let n = 0; n < 4; n++) current = loginOf(await renew(current.refresh))
    assert.ok(await isAlive(current))
  })

  for (const rememberMe of [true, false])
    it(`ends every token of the login, and its SADs at the SAM (rememberMe ${rememberMe})`, async () => {
      const first = await login()
      const second = loginOf(await renew(first.refresh))
      const hashes = newHashes(1)
      const sad = await sadFor(service, { ...ada, token: second.access }, hashes)
      const other = await login()

      const answer = await post({ refresh_token: first.refresh, rememberMe })
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, INVALID)
      for (const { access, refresh } of [first, second]) {
        const refused = await list(access)
        assert.equal(refused.status, 401)
        assert.deepEqual(refused.body, ENDED)
        assert.deepEqual((await renew(refresh)).body, INVALID)
      }
      const signing = await sign(service, { ...ada, token: second.access }, sad, hashes)
      assert.deepEqual(signing.body, ENDED)
      const [event] = await service.ssa.journal(answer.requestId)
      assert.equal(memberOf(event, 'type'), 'refresh-token-reused')
      assert.equal(memberOf(event, 'signerId'), ada.signer.signerId)
      assert.deepEqual(await voidedBy(answer.requestId), [['SAD_VOIDED', 1]])
      assert.ok(await isAlive(other), "the user's other login goes on")
    })

  it('is journalled, and tells the SAM, the first time only', async () => {
    const first = await login()
    await renew(first.refresh)
    await renew(first.refresh)
    const again = await renew(first.refresh)
    assert.deepEqual(again.body, INVALID)
    assert.deepEqual(await service.ssa.journal(again.requestId), [])
  })

  it('leaves nothing alive of two calls at once, whichever was first', async () => {
    for (let n = 0; n < 8; n++) {
      const first = await login()
      const answers = await Promise.all([renew(first.refresh), renew(first.refresh)])
      const renewed = answers.filter(({ status }) => status === 200)
      assert.ok(renewed.length <= 1)
      for (const answer of answers) if (answer.status !== 200) assert.deepEqual(answer.body, INVALID)
      for (const one of renewed.map(loginOf)) assert.ok(!(await isAlive(one)))
      assert.deepEqual((await list(first.access)).body, ENDED)
    }
  })

  it('lets calls at once renew that ask for no other refresh token', async () => {
    const { refresh } = await login()
    const answers = await Promise.all([1, 2, 3].map(() => post({ refresh_token: refresh })))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
    )
  })

  it('is of no effect when another client shows it', async () => {
    const client = await service.ssa.makeClient('app-reuse')
    const first = await login()
    const second = loginOf(await renew(first.refresh))
    assert.deepEqual((await renew(first.refresh, { client })).body, INVALID)
    assert.ok(await isAlive(second))
  })

  it('ends the tokens also while the SAM is away', async () => {
    const first = await login()
    const second = loginOf(await renew(first.refresh))
    await service.sam.stop()
    try {
      const answer = await renew(first.refresh)
      assert.equal(answer.status, 503)
      assert.equal(memberOf(answer.body, 'error'), 'temporarily_unavailable')
    } finally {
      await service.sam.start()
    }
    assert.ok(!(await isAlive(second)))
  })
})
