import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connectCsc, type CscClient } from '../../../client/csc/connectCsc.ts'
import { CscMalformedAnswer, CscRequestError, CscUnreachable } from '../../../client/csc/cscErrors.ts'
import type { CscSession } from '../../../client/csc/cscSession.ts'
import { DIGESTS } from '../../../sap/algorithms.ts'
import { CREDENTIAL_ID } from '../../support/scriptedAnswers.ts'
import { PASSWORD, scriptedCsc, type ScriptedCsc } from '../../support/scriptedCsc.ts'

const hashes = [randomBytes(32), randomBytes(32)]
const base64 = hashes.map((hash) => hash.toString('base64'))
const list = { hashes, hashAlgorithm: DIGESTS.sha256.oid }
const nonce = randomBytes(16)

describe('CSC client, v1 and v2, over HTTPS', () => {
  let service: ScriptedCsc
  const clients: CscClient[] = []
  beforeEach(async () => {
    service = await scriptedCsc()
  })
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()))
    await service.close()
  })
  const logIn = async (version: 'v1' | 'v2', mutualTls = false): Promise<CscSession> => {
    const client = await connectCsc(service.connection, version, { mutualTls })
    clients.push(client)
    return client.login('ada', PASSWORD)
  }
  const lastBody = (): unknown => service.seen.at(-1)?.body

  it('v2: asks for an authorization that got a handle until it is there', async () => {
    const session = await logIn('v2')
    const pending = { status: 202, body: { handle: 'handle-1' } }
    service.answer('credentials/authorize', pending)
    service.answer('credentials/authorizeCheck', pending, {
      status: 200,
      body: { SAD: 'sad-9', expiresIn: 60 },
    })
    const factors = [{ kind: 'otp', value: '2' } as const]
    const input = { credentialId: CREDENTIAL_ID, numberOfSignatures: 2, list, factors }
    assert.deepEqual(await session.authorize(input), { sad: 'sad-9', expiresInSeconds: 60 })
    assert.deepEqual(lastBody(), { handle: 'handle-1' })
  })

  for (const version of ['v1', 'v2'] as const) {
    it(`${version}: logs in, lists, reads, authorizes, extends, signs and revokes`, async () => {
      const session = await logIn(version)
      assert.deepEqual(await session.list(), [CREDENTIAL_ID])
      const info = await session.info(CREDENTIAL_ID)
      assert.deepEqual(
        info.factors.map(({ kind, id }) => `${kind} ${id}`),
        ['otp OTP', 'pin PIN'],
      )
      assert.deepEqual(
        info.chain.map(({ raw }) => raw),
        service.signer.chain.map(({ raw }) => raw),
      )
      assert.deepEqual([info.scal, info.multisign, info.isEnabled], ['2', 10, true])

      const factors = [{ kind: 'pin', value: '1' } as const, { kind: 'otp', value: '2' } as const]
      const input = { credentialId: CREDENTIAL_ID, numberOfSignatures: 2, list, factors }
      const activation = await session.authorize(input)
      assert.deepEqual(activation, { sad: 'sad-1', expiresInSeconds: 300 })
      const { sad } = activation
      const signAlgorithm = '1.2.840.10045.4.3.2'
      const signatures = await session.signHash({ credentialId: CREDENTIAL_ID, sad, ...list, signAlgorithm })
      assert.equal(signatures.length, 2)
      const extended = await session.extend({ credentialId: CREDENTIAL_ID, sad, list })
      assert.deepEqual(extended, { sad: 'sad-2', expiresInSeconds: 200 })
      await session.revoke()
      assert.deepEqual(lastBody(), { token: session.accessToken })
      assert.ok(
        service.seen.every((request) => request.version === version && request.clientName === undefined),
      )
    })

    it(`${version}: shows the client certificate at the address that is for it`, async () => {
      await (await logIn(version, true)).list()
      assert.deepEqual(
        service.seen.map(({ clientName }) => clientName),
        ['demo-app', 'demo-app'],
      )
    })

    it(`${version}: turns a refusal into its parts, with the request id`, async () => {
      const session = await logIn(version)
      const body = { error: 'invalid_request', error_description: 'SAD expired' }
      service.answer('credentials/extendTransaction', { status: 400, body })
      await assert.rejects(session.extend({ credentialId: CREDENTIAL_ID, sad: 'old', list }), (error) => {
        assert.ok(error instanceof CscRequestError)
        const { status, error: code, description, requestId } = error
        assert.deepEqual(
          { status, code, description, requestId },
          {
            status: 400,
            code: 'invalid_request',
            description: 'SAD expired',
            requestId: 'request-0001',
          },
        )
        return true
      })
    })

    const MALFORMED = {
      'that is not JSON': { status: 200, raw: '<html>' },
      'that lacks a member': { status: 200, body: { signature: [] } },
      'with fewer signatures than hashes': { status: 200, body: { signatures: ['AAAA'] } },
      'that is not base64': { status: 200, body: { signatures: ['AAAA', '!'] } },
      'without a body': { status: 200 },
    }
    for (const [what, answer] of Object.entries(MALFORMED))
      it(`${version}: refuses an answer ${what}`, async () => {
        const session = await logIn(version)
        service.answer('signatures/signHash', answer)
        const input = {
          credentialId: CREDENTIAL_ID,
          sad: 'sad-1',
          ...list,
          signAlgorithm: '1.2.840.10045.4.3.2',
        }
        await assert.rejects(session.signHash(input), CscMalformedAnswer)
      })
  }

  it('v1: binds the OTP to the list by hash, hashAlgo, nonce and description', async () => {
    const session = await logIn('v1')
    await session.sendOtp({ credentialId: CREDENTIAL_ID, binding: { ...list, nonce, label: 'a.pdf' } })
    assert.deepEqual(lastBody(), {
      credentialID: CREDENTIAL_ID,
      hash: base64,
      hashAlgo: DIGESTS.sha256.oid,
      nonce: nonce.toString('base64'),
      description: 'a.pdf',
    })
  })

  it('v2: binds the OTP to the list by hashes, hashAlgorithmOID, nonce and description', async () => {
    const session = await logIn('v2')
    await session.sendOtp({ credentialId: CREDENTIAL_ID, binding: { ...list, nonce, label: 'a.pdf' } })
    assert.deepEqual(lastBody(), {
      credentialID: CREDENTIAL_ID,
      authObjectID: 'OTP',
      hashes: base64,
      hashAlgorithmOID: DIGESTS.sha256.oid,
      nonce: nonce.toString('base64'),
      description: 'a.pdf',
    })
  })

  it('v2: gives a challenge that the service shows', async () => {
    const session = await logIn('v2')
    service.answer('credentials/getChallenge', { status: 200, body: { challenge: '42' } })
    assert.equal(await session.sendOtp({ credentialId: CREDENTIAL_ID }), '42')
  })

  it('v1: follows the pages of the list, and ends with the last', async () => {
    const session = await logIn('v1')
    const pages = [{ credentialIDs: ['a', 'b'], nextPageToken: 'more' }, { credentialIDs: ['c'] }]
    service.answer('credentials/list', ...pages.map((body) => ({ status: 200, body })))
    assert.deepEqual(await session.list(), ['a', 'b', 'c'])
    assert.deepEqual(lastBody(), { pageToken: 'more' })
  })

  it('names the service that does not answer', async () => {
    const { connection } = service
    await service.close()
    const client = await connectCsc(connection, 'v1')
    clients.push(client)
    await assert.rejects(client.info(), (error) => {
      assert.ok(error instanceof CscUnreachable)
      assert.match(error.message, /^https:\/\/localhost:[0-9]+ did not answer: .*ECONNREFUSED/)
      return true
    })
  })

  it('trusts no certificate of another CA', async () => {
    const { caFile: _, ...connection } = service.connection
    const client = await connectCsc(connection, 'v1')
    clients.push(client)
    await assert.rejects(client.info(), CscUnreachable)
    assert.deepEqual(service.seen, [])
  })

  it('sends no password to another machine without TLS', async () => {
    const csc = { v1: 'http://rssp.example/csc/v1', v2: 'http://rssp.example/csc/v2' }
    await assert.rejects(connectCsc({ ...service.connection, csc }, 'v1'), /is not HTTPS/)
  })
})
