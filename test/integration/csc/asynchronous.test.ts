import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SapFailure } from '../../../sap/errors.ts'
import { openDatabase } from '../../../src/adapters/db/open.ts'
import { buildAsyncSite, held, SAD, SIGNATURE, type Site } from '../../support/asyncSite.ts'
import { memberOf, textIn } from '../../support/bodyOf.ts'
import { databaseText, type Answer, type TestSsa } from '../../support/buildSsa.ts'
import {
  base64,
  buildService,
  call,
  ECDSA_SHA256,
  makeAccount,
  sadFor,
  signaturesIn,
} from '../../support/service.ts'

const ACCEPTED = {
  error: 'accepted_request',
  error_description:
    'The previous asynchronous signature request has been accepted for processing, but the processing has not yet been completed.',
}
const LOST =
  'The authorization server encountered an unexpected condition that prevented it from fulfilling the request.'

describe('signatures in operation mode A — CSC API v2.0.0.2 §11.10, §11.12', () => {
  let site: Site

  before(async () => {
    site = await buildAsyncSite()
  })
  beforeEach(() => {
    site.sam.handlers = { sign: () => Promise.resolve({ signatures: [SIGNATURE] }) }
    site.sam.calls.length = 0
  })
  after(() => site.dispose())

  it('is offered by info', async () => {
    const { body } = await site.ssa.post('v2', 'info', {})
    assert.equal(memberOf(body, 'asynchronousOperationMode'), true)
    const methods = memberOf(body, 'methods')
    assert.ok(Array.isArray(methods) && methods.includes('signatures/signPolling'))
  })

  it('answers before it signs, says 202 until it has, then gives the signatures as often as asked', async () => {
    const gate = held(site.sam)
    const id = await site.begun()
    const early = await site.poll(id)
    assert.equal(early.status, 202)
    assert.deepEqual(early.body, ACCEPTED)
    gate.release()
    for (let n = 0; n < 2; n += 1) {
      const answer = await site.outcome(id)
      assert.equal(answer.status, 200)
      assert.deepEqual(answer.body, { signatures: [SIGNATURE.toString('base64')] })
    }
  })

  it('journals the request under the id of its answer, from acceptance to signature', async () => {
    const answer = await site.sign()
    await site.outcome(textIn(answer.body, 'responseID'))
    const types = (await site.ssa.journal(answer.requestId)).map((event) => memberOf(event, 'type'))
    assert.deepEqual(types, ['async-accepted', 'sign-requested', 'sign-completed'])
    assert.equal(memberOf(site.sam.calls[0]?.request, 'requestId'), answer.requestId)
  })

  it('tells at polling what the SAM refused', async () => {
    site.sam.handlers = {
      sign: () => {
        throw new SapFailure('hash_not_authorized', 'not in the list')
      },
    }
    const answer = await site.outcome(await site.begun())
    assert.equal(answer.status, 400)
    assert.deepEqual(answer.body, {
      error: 'invalid_request',
      error_description: 'Hash is not authorized by the SAD.',
    })
  })

  it('names the expired certificate at polling', async () => {
    const subject = { organization: 'Test Ltd', commonName: 'Ada' }
    site.sam.handlers = {
      sign: () => {
        throw new SapFailure('certificate_expired', 'expired', { subject })
      },
    }
    const { body } = await site.outcome(await site.begun())
    assert.equal(memberOf(body, 'error_description'), "Signing certificate 'O=Test Ltd,CN=Ada' is expired.")
  })

  for (const code of ['unavailable', 'internal'] as const)
    it(`says that the outcome is lost when the SAM said ${code}`, async () => {
      site.sam.handlers = {
        sign: () => {
          throw new SapFailure(code, 'no')
        },
      }
      const answer = await site.outcome(await site.begun())
      assert.equal(answer.status, 500)
      assert.deepEqual(answer.body, { error: 'server_error', error_description: LOST })
    })

  const unknown = { error: 'invalid_request', error_description: 'Invalid parameter requestID' }
  it('serves nobody but the user who asked, and knows no other id', async () => {
    const id = await site.begun()
    await site.outcome(id)
    const bob = await site.ssa.login('bob', 'correct horse')
    for (const answer of [await site.poll(id, {}, bob), await site.poll('x'.repeat(43))]) {
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, unknown)
    }
  })

  it('serves nobody but the client that asked', async () => {
    const id = await site.begun()
    await site.outcome(id)
    const client = await site.ssa.makeClient('app-1')
    const options = { authorization: `Basic ${Buffer.from('ada:correct horse').toString('base64')}`, client }
    const login = await site.ssa.post('v2', 'auth/login', {}, options)
    const token = textIn(login.body, 'access_token')
    const answer = await site.ssa.post('v2', 'signatures/signPolling', { requestID: id }, { token, client })
    assert.deepEqual(answer.body, unknown)
  })

  it('forgets the outcome when its time is over, also in the database', async () => {
    const id = await site.begun({ validity_period: 5_000 })
    await site.outcome(id)
    site.clock.pass(4_999)
    assert.equal((await site.poll(id)).status, 200)
    site.clock.pass(1)
    assert.deepEqual((await site.poll(id)).body, unknown)
    assert.equal(await keptRows(site.ssa, id), 1)
    await site.ssa.restart()
    await sleep(200)
    assert.equal(await keptRows(site.ssa, id), 0)
  })

  it('keeps no SAD in the database', async () => {
    await site.outcome(await site.begun())
    assert.ok(!(await databaseText(site.ssa)).includes(SAD))
  })

  const rows: readonly [object, string][] = [
    [{ operationMode: 'B' }, 'Invalid parameter operationMode'],
    [{ operationMode: 1 }, 'Invalid parameter operationMode'],
    [{ validity_period: '1000' }, 'Invalid parameter validity_period'],
    [{ validity_period: 1.5 }, 'Invalid parameter validity_period'],
    [{ validity_period: 0 }, 'Out of bounds parameter validity_period'],
    [{ validity_period: -1 }, 'Out of bounds parameter validity_period'],
    [{ validity_period: 86_400_001 }, 'Out of bounds parameter validity_period'],
    [{ validity_period: 2 ** 53 }, 'Out of bounds parameter validity_period'],
    [{ validity_period: -1e300 }, 'Out of bounds parameter validity_period'],
    [{ response_uri: 7 }, 'Invalid parameter response_uri'],
    [{ response_uri: 'example' }, 'Invalid parameter response_uri'],
    [{ response_uri: 'http://example.com/' }, 'Invalid parameter response_uri'],
    [{ response_uri: 'https://127.0.0.1/' }, 'Invalid parameter response_uri'],
    [{ response_uri: 'https://169.254.169.254/' }, 'Invalid parameter response_uri'],
    [{ response_uri: 'https://[::ffff:10.0.0.1]/' }, 'Invalid parameter response_uri'],
    [{ response_uri: 'https://u:p@example.com/' }, 'Invalid parameter response_uri'],
  ]
  for (const [changes, description] of rows)
    it(`refuses ${JSON.stringify(changes)}: ${description}`, async () => {
      const answer = await site.sign(changes)
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, { error: 'invalid_request', error_description: description })
      assert.deepEqual(site.sam.calls, [])
    })

  const polls: readonly [object, string][] = [
    [{ requestID: undefined }, 'Missing (or invalid type) string parameter requestID'],
    [{ requestID: 7 }, 'Missing (or invalid type) string parameter requestID'],
    [{ requestID: '' }, 'Invalid parameter requestID'],
    [{ requestID: 'x'.repeat(65) }, 'Invalid parameter requestID'],
    [{ userID: 'ada' }, 'userID parameter SHALL be null'],
    [{ userID: 7 }, 'userID parameter SHALL be null'],
    [{ clientData: 7 }, 'Invalid parameter clientData'],
  ]
  for (const [changes, description] of polls)
    it(`refuses to be polled with ${JSON.stringify(changes).slice(0, 40)}: ${description}`, async () => {
      const answer = await site.poll('x', changes)
      assert.equal(answer.status, 400)
      assert.deepEqual(answer.body, { error: 'invalid_request', error_description: description })
    })

  it('refuses to be polled without a token in the words of v2', async () => {
    const answer = await site.ssa.post(
      'v2',
      'signatures/signPolling',
      { requestID: 'x' },
      { authorization: 'x' },
    )
    assert.equal(answer.status, 400)
    assert.equal(memberOf(answer.body, 'error_description'), 'Malformed authorization header.')
  })
})

describe('requests in operation mode A across a restart', () => {
  it('end with an error when their SAD was in the memory of the process that stopped', async () => {
    const site = await buildAsyncSite()
    const gate = held(site.sam)
    const lost = await site.begun()
    assert.equal((await site.poll(lost)).status, 202)
    // It stops while the SAM still works: what it will answer nobody will hear.
    await site.ssa.restart()
    const answer = await site.poll(lost)
    assert.equal(answer.status, 500)
    assert.deepEqual(answer.body, { error: 'server_error', error_description: LOST })
    gate.release()
    await site.dispose()
  })

  it('keep an outcome that was there', async () => {
    const site = await buildAsyncSite()
    site.sam.handlers = { sign: () => Promise.resolve({ signatures: [SIGNATURE] }) }
    const id = await site.begun()
    await site.outcome(id)
    await site.ssa.restart()
    assert.deepEqual((await site.poll(id)).body, { signatures: [SIGNATURE.toString('base64')] })
    await site.dispose()
  })

  it('are given up when no outcome came in time', async () => {
    const site = await buildAsyncSite()
    const gate = held(site.sam)
    const id = await site.begun()
    site.clock.pass(119_999)
    assert.equal((await site.poll(id)).status, 202)
    site.clock.pass(1)
    assert.equal((await site.poll(id)).status, 500)
    gate.release()
    await site.dispose()
  })
})

describe('operation mode A when the database does not write', () => {
  const failing = async (site: Site, when: string): Promise<void> => {
    const database = await openDatabase(join(site.ssa.folder, 'ssa.db'))
    await database.raw(
      `create trigger broken before ${when} on async_requests begin select raise(abort, 'disk full'); end`,
    )
    await database.destroy()
  }

  it('accepts nothing, and asks the SAM nothing, when the request cannot be kept', async () => {
    const site = await buildAsyncSite()
    await failing(site, 'insert')
    const answer = await site.sign()
    assert.equal(answer.status, 500)
    await sleep(100)
    assert.deepEqual(site.sam.calls, [])
    await site.dispose()
  })

  it('says honestly that the outcome is lost when it could not be kept', async () => {
    const site = await buildAsyncSite()
    site.sam.handlers = { sign: () => Promise.resolve({ signatures: [SIGNATURE] }) }
    await failing(site, 'update')
    const id = await site.begun()
    await sleep(200)
    assert.equal((await site.poll(id)).status, 202)
    site.clock.pass(120_000)
    assert.equal((await site.poll(id)).status, 500)
    await site.dispose()
  })
})

describe('operation mode A with a real SAM', () => {
  it('gives signatures that verify, of an act that is then spent', async () => {
    const service = await buildService()
    const account = await makeAccount(service)
    const texts = [Buffer.from('one'), Buffer.from('two')]
    const hashes = texts.map((text) => createHash('sha256').update(text).digest())
    const SAD = await sadFor(service, account, hashes)
    const body = {
      credentialID: account.credentialID,
      SAD,
      hashes: base64(hashes),
      signAlgo: ECDSA_SHA256,
      operationMode: 'A',
    }
    const outcomeOf = async (): Promise<Answer> => {
      const { body: told } = await call(service, account, 'v2 signatures/signHash', body)
      const requestID = textIn(told, 'responseID')
      for (;;) {
        const answer = await call(service, account, 'v2 signatures/signPolling', { requestID })
        if (answer.status !== 202) return answer
        await sleep(20)
      }
    }
    const signatures = signaturesIn(await outcomeOf())
    const key = createPublicKey({ key: account.signer.publicKey, format: 'der', type: 'spki' })
    for (const [n, text] of texts.entries())
      assert.ok(verify('sha256', text, key, signatures[n] ?? Buffer.of()))
    const second = await outcomeOf()
    assert.equal(memberOf(second.body, 'error_description'), 'Invalid parameter SAD')
    await service.dispose()
  })
})

describe('too many requests in operation mode A', () => {
  it('are refused with 503 while 32 of a user run, or 64 of all, and served again after', async () => {
    const site = await buildAsyncSite()
    await site.ssa.addUser({ username: 'eve', password: 'correct horse', signerId: 'signer-3' })
    const tokens = await Promise.all(['bob', 'eve'].map((name) => site.ssa.login(name, 'correct horse')))
    const gate = held(site.sam)
    const statuses = async (count: number, token?: string): Promise<readonly number[]> => {
      const answers = Array.from({ length: count }, () => site.sign({}, token))
      return (await Promise.all(answers)).map(({ status }) => status)
    }
    const all = (count: number): readonly number[] => Array<number>(count).fill(200)
    assert.deepEqual(await statuses(32), all(32))
    const answer = await site.sign()
    assert.equal(answer.status, 503)
    assert.equal(memberOf(answer.body, 'error'), 'temporarily_unavailable')
    assert.deepEqual(await statuses(32, tokens[0]), all(32))
    assert.deepEqual(await statuses(1, tokens[1]), [503])
    gate.release()
    await sleep(300)
    assert.deepEqual(await statuses(1, tokens[1]), [200])
    assert.equal((await site.outcome(await site.begun())).status, 200)
    await site.dispose()
  })
})

async function keptRows(ssa: TestSsa, responseId: string): Promise<number> {
  const database = await openDatabase(join(ssa.folder, 'ssa.db'))
  const rows: readonly unknown[] = await database('async_requests').where({ response_id: responseId })
  await database.destroy()
  return rows.length
}
