import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { SapFailure, type SapErrorCode } from '../../sap/errors.ts'
import { memberOf } from '../support/bodyOf.ts'
import { deploy, type Deployment } from '../support/deployment.ts'
import {
  deployedClient,
  type DeployedAnswer,
  type DeployedClient,
  type DeployedUser,
} from '../support/deployedClient.ts'
import { ECDSA_SHA256, newHashes } from '../support/samActs.ts'

const base64 = (hashes: readonly Buffer[]): string[] => hashes.map((hash) => hash.toString('base64'))

/**
 * The three processes as `npm start` runs them, and a client over HTTPS: each refusal is the SAM's own, and stands in the
 * SAM's journal, read by its officer, under the request id that the client got.
 */
describe('what the SAM refuses, asked over HTTPS — CSC API v1.0.4.0 §11.6, §11.9', function () {
  this.timeout(120_000)
  let deployment: Deployment
  let client: DeployedClient
  let ada: DeployedUser
  let bert: DeployedUser

  before(async () => {
    deployment = await deploy()
    client = await deployedClient(deployment)
    ada = await client.makeUser('ada-2', 2)
    bert = await client.makeUser('bert', 1)
  })
  after(async () => {
    await client.close()
    await deployment.remove()
  })

  const keyOf = (user: DeployedUser, which = 0): string =>
    user.credentialIds[which] ?? assert.fail('no such key')
  const sign = (
    sad: string,
    hashes: readonly Buffer[],
    changes: { token?: string; credentialID?: string; place?: 'mutualTls' } = {},
  ): Promise<DeployedAnswer> => {
    const { token = ada.token, credentialID = keyOf(ada), place } = changes
    const body = { credentialID, SAD: sad, hash: base64(hashes), signAlgo: ECDSA_SHA256 }
    return client.post('signatures/signHash', body, token, place)
  }
  const authorize = (user: DeployedUser, body: object): Promise<DeployedAnswer> =>
    client.post('credentials/authorize', { credentialID: keyOf(user), ...body }, user.token)

  /** The SAM refused this request, by itself, and did nothing for it. */
  async function refusedBySam(requestId: string, code: SapErrorCode, role = 'ssa'): Promise<void> {
    const entries = await client.samJournal(requestId)
    const refusals = entries.filter((entry) => entry['type'] === 'REFUSED')
    assert.deepEqual(
      refusals.map((entry) => [entry['code'], entry['role']]),
      [[code, role]],
    )
    for (const type of ['SIGNING', 'SIGNED', 'AUTHORIZED'])
      assert.ok(!entries.some((entry) => entry['type'] === type), type)
  }
  async function refused(
    answer: DeployedAnswer,
    description: string,
    code: SapErrorCode,
    error = 'invalid_request',
  ): Promise<void> {
    assert.deepEqual(answer.body, { error, error_description: description })
    assert.equal(answer.status, 400)
    await refusedBySam(answer.requestId, code)
  }
  const badSad = (answer: DeployedAnswer): Promise<void> =>
    refused(answer, 'Invalid parameter SAD', 'sad_invalid')
  const notAuthorized = (answer: DeployedAnswer): Promise<void> =>
    refused(answer, 'Hash is not authorized by the SAD.', 'hash_not_authorized')
  /** After an attack: what was authorized is still signed, once. */
  async function signsOnce(sad: string, hashes: readonly Buffer[]): Promise<void> {
    const answer = await sign(sad, hashes)
    assert.equal(answer.status, 200, JSON.stringify(answer.body))
    const types = (await client.samJournal(answer.requestId)).map((entry) => entry['type'])
    assert.ok(types.includes('SIGNING') && types.includes('SIGNED'))
    await badSad(await sign(sad, hashes))
  }

  it("another user's SAD (S01), another credential's (S02), another client's and login's (S03), a replay (S04)", async () => {
    const hashes = newHashes(1)
    const sad = await client.sadFor(ada, hashes)
    await badSad(await sign(sad, hashes, { token: bert.token }))
    await badSad(await sign(sad, hashes, { token: bert.token, credentialID: keyOf(bert) }))
    await badSad(await sign(sad, hashes, { credentialID: keyOf(ada, 1) }))
    await badSad(await sign(sad, hashes, { token: await client.login('ada-2') }))
    const application = await client.login('ada-2', 'mutualTls')
    await badSad(await sign(sad, hashes, { token: application, place: 'mutualTls' }))
    await signsOnce(sad, hashes)
  })

  it('all but one of thirty that sign with one SAD at once (S05)', async () => {
    const hashes = newHashes(1)
    const sad = await client.sadFor(ada, hashes)
    const answers = await Promise.all(Array.from({ length: 30 }, () => sign(sad, hashes)))
    const lost = answers.filter(({ status }) => status !== 200)
    assert.equal(lost.length, 29)
    for (const answer of lost) await badSad(answer)
  })

  it('an authorization without hashes (S06), with another number of them (S11)', async () => {
    const hash = base64(newHashes(2))
    await refused(
      await authorize(ada, { numSignatures: 1, OTP: '12345678' }),
      'Missing (or invalid type) array parameter hash',
      'hashes_missing',
    )
    for (const [numSignatures, code] of [
      [3, 'hash_count_mismatch'],
      [1, 'hash_count_mismatch'],
      [0, 'number_of_signatures_invalid'],
    ] as const) {
      const answer = await authorize(ada, { numSignatures, hash, OTP: '12345678' })
      await refused(answer, 'Invalid value for parameter numSignatures', code)
    }
    const tooMany = await authorize(ada, { numSignatures: 101, hash, OTP: '12345678' })
    await refused(tooMany, 'Numbers of signatures is too high', 'number_of_signatures_too_high')
  })

  it('a hash that was not authorized (S07, S22), one twice (S09), one among many (S13); a part is signed (S08)', async () => {
    const hashes = newHashes(20)
    const sad = await client.sadFor(ada, hashes)
    await notAuthorized(await sign(sad, newHashes(1)))
    await notAuthorized(await sign(sad, [...hashes.slice(0, 1), ...hashes.slice(0, 1)]))
    await notAuthorized(await sign(sad, [...hashes.slice(0, 19), ...newHashes(1)]))
    assert.equal((await sign(sad, hashes.slice(0, 5))).status, 200)
    await notAuthorized(await sign(sad, hashes.slice(4, 6)))
    await signsOnce(sad, hashes.slice(5))
  })

  it('a SAD that is not one (S15)', async () => {
    const hashes = newHashes(1)
    const sad = await client.sadFor(ada, hashes)
    await badSad(await sign(sad.slice(0, -1), hashes))
    await badSad(await sign(`${sad.startsWith('A') ? 'B' : 'A'}${sad.slice(1)}`, hashes))
    await signsOnce(sad, hashes)
  })

  it("a code for another list (O05), and another user's credential as one that does not exist (I01)", async () => {
    const hashes = newHashes(1)
    await client.sadFor(ada, hashes)
    const bound = {
      credentialID: keyOf(ada),
      hash: base64(hashes),
      nonce: Buffer.alloc(16).toString('base64'),
    }
    assert.equal((await client.post('credentials/sendOTP', bound, ada.token)).status, 204)
    const other = { numSignatures: 1, hash: base64(newHashes(1)), OTP: client.codeOf(ada) }
    await refused(await authorize(ada, other), 'The OTP is invalid', 'otp_invalid', 'invalid_otp')
    for (const credentialID of [keyOf(ada), 'cred-aaaaaaaaaaaaaaaaaaaaaaaaaa'])
      await refused(
        await authorize(bert, { ...other, credentialID }),
        'Invalid parameter credentialID',
        'credential_unknown',
      )
  })

  it("a login that a thief of the SSA's certificate makes up, and operations of other roles (S23)", async () => {
    const hashes = newHashes(1)
    const sad = await client.sadFor(ada, hashes)
    const requestId = randomUUID()
    const stolen = {
      requestId,
      signerId: ada.signerId,
      clientId: 'basic',
      credentialId: keyOf(ada),
      familyId: 'family-of-the-thief',
      sad,
      hashes,
      signAlgorithm: ECDSA_SHA256,
    }
    await assert.rejects(client.sam.ssa.call('sign', stolen), isFailure('sad_invalid'))
    await refusedBySam(requestId, 'sad_invalid')
    const officers = { requestId: randomUUID(), signerId: ada.signerId, pin: 'k7-Pq2x9' }
    await assert.rejects(client.sam.ssa.call('enrolPin', officers), isFailure('forbidden'))
    await assert.rejects(client.sam.officer.call('sign', stolen), isFailure('forbidden'))
    await signsOnce(sad, hashes)
  })

  it('what was spent and what was never authorized, also after every process was killed (S04, S07)', async () => {
    const [first, second] = [newHashes(1), newHashes(1)]
    const [spent, open] = [await client.sadFor(ada, first), await client.sadFor(ada, second)]
    await signsOnce(spent, first)
    for (const name of ['ssa', 'sam', 'ca'])
      process.kill(deployment.set.pidOf(name) ?? assert.fail(`${name} does not run`), 'SIGKILL')
    await client.untilReady()
    await badSad(await sign(spent, first))
    await notAuthorized(await sign(open, first))
    await signsOnce(open, second)
  })

  it('everything once the key is suspended, and its SAD for good (S19), and once it is destroyed (S20)', async () => {
    const hashes = newHashes(1)
    const sad = await client.sadFor(ada, hashes)
    const change = { credentialId: keyOf(ada), reason: 'a test' }
    const caller = { signerId: ada.signerId, clientId: 'basic' }
    const disabled = 'The credential identified by credentialID is disabled'
    await client.sam.ssa.call('suspend', { requestId: randomUUID(), ...change, ...caller })
    await refused(await sign(sad, hashes), disabled, 'credential_disabled')
    await client.sam.ra.call('resume', { requestId: randomUUID(), ...change })
    await badSad(await sign(sad, hashes))
    const later = newHashes(1)
    const fresh = await client.sadFor(ada, later)
    await client.sam.ra.call('destroy', { requestId: randomUUID(), ...change })
    const answer = await sign(fresh, later)
    assert.equal(memberOf(answer.body, 'error_description'), disabled)
    const types = (await client.samJournal(answer.requestId)).map((entry) => entry['type'])
    assert.deepEqual(types, ['REFUSED'])
  })

  it('the right code after five wrong ones, also after a restart (O01)', async () => {
    const hash = base64(newHashes(1))
    const body = { numSignatures: 1, hash }
    const sent = { credentialID: keyOf(bert), hash, nonce: Buffer.alloc(16, 1).toString('base64') }
    await client.post('credentials/sendOTP', sent, bert.token)
    const code = client.codeOf(bert)
    const wrong = code.replace(/./g, (digit) => String((Number(digit) + 1) % 10))
    for (let attempt = 0; attempt < 4; attempt++)
      await refused(
        await authorize(bert, { ...body, OTP: wrong }),
        'The OTP is invalid',
        'otp_invalid',
        'invalid_otp',
      )
    assert.equal((await authorize(bert, { ...body, OTP: wrong })).status, 400)
    process.kill(deployment.set.pidOf('sam') ?? assert.fail('the SAM does not run'), 'SIGKILL')
    await client.untilReady()
    await refused(await authorize(bert, { ...body, OTP: code }), 'OTP locked', 'otp_locked')
  })

  it('nothing of a caller without a token, who never gets there; explain says where to look', async () => {
    const answer = await client.post('credentials/list', {}, 'A'.repeat(43))
    assert.equal(answer.status, 401)
    assert.deepEqual(await client.samJournal(answer.requestId), [])
    const officer = join(deployment.data, 'officer', 'officer.yaml')
    const { code, talk } = deployment.chancery(['explain', answer.requestId, '--officer', officer])
    assert.equal(code, 1)
    assert.match(talk, /No journal knows the request .* the SSA's log has their reasons/)
  })
})

function isFailure(code: SapErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof SapFailure && error.code === code
}
