import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { memberOf, textIn } from '../support/bodyOf.ts'
import { buildSsa, type Answer, type TestSsa } from '../support/buildSsa.ts'
import { CrashSite, newPaper } from '../support/crashSite.ts'
import type { Paper } from '../support/checkInvariants.ts'
import type { When } from '../support/killPlan.ts'
import { newRequestId, type TestSigner } from '../support/testSigner.ts'

const PASSWORD = 'correct horse battery'
const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

/**
 * What a client of the CSC API sees when the SAM process is killed at the moment of signing (S17, S18), and what it may
 * do then: docs/api.md. The SSA is the real one, over HTTPS; the SAM is a process of its own.
 */
describe('signatures/signHash while the SAM is killed — CSC API v1.0.4.0 §11.9', function () {
  this.timeout(120_000)
  let site: CrashSite
  let signer: TestSigner
  let ssa: TestSsa
  let token: string

  before(async () => {
    site = await CrashSite.make()
    signer = await site.makeSigner({ clientId: 'basic' })
    const { socketPath, identities } = site.folder
    ssa = await buildSsa({ sam: { socketPath, identity: identities.ssa } })
    await ssa.addUser({ username: 'ada', password: PASSWORD, signerId: signer.signerId })
    token = await ssa.login('ada', PASSWORD)
  })
  after(async () => {
    await ssa.dispose()
    await site.dispose()
  })

  const post = (operation: string, body: object): Promise<Answer> =>
    ssa.post('v1', operation, { credentialID: signer.credentialId, ...body }, { token })
  const base64 = (papers: readonly Paper[]): string[] => papers.map(({ digest }) => digest.toString('base64'))

  async function authorized(papers: readonly Paper[]): Promise<string> {
    const hash = base64(papers)
    const sent = await post('credentials/sendOTP', { hash, nonce: randomBytes(16).toString('base64') })
    assert.equal(sent.status, 204, JSON.stringify(sent.body))
    const OTP = site.codeOf(signer)
    const { body } = await post('credentials/authorize', { numSignatures: papers.length, hash, OTP })
    return textIn(body, 'SAD')
  }
  const sign = (papers: readonly Paper[], sad: string): Promise<Answer> =>
    post('signatures/signHash', { SAD: sad, hash: base64(papers), signAlgo: ECDSA_SHA256 })

  /** What the SAM noted of a request, as its officer reads it. */
  async function journalOf(ofRequest: string): Promise<readonly string[]> {
    const { entries } = await site.sam.officer.call('journal', { requestId: newRequestId(), ofRequest })
    return entries.map(({ type }) => type)
  }
  function messages(): readonly string[] {
    const outbox = join(site.folder.folder, 'outbox')
    return readdirSync(outbox)
      .filter((name) => !name.startsWith('.'))
      .map((name) => readFileSync(join(outbox, name), 'utf8'))
  }
  async function messageOf(count: number): Promise<string> {
    for (let tries = 0; tries < 100 && messages().length === count; tries++)
      await new Promise((resolve) => setTimeout(resolve, 50))
    return messages()[count] ?? assert.fail('the signer was not told')
  }

  /** The calls of the HSM for each hash; 'any' where the SAM, which signs two at a time, may have come that far. */
  const rows: readonly [string, number, When, readonly (number | 'any')[]][] = [
    ['after the HSM signed, before the answer (S17)', 0, 'after', [1]],
    ['after the reservation, before the HSM was called (S18)', 0, 'before', [0]],
    ['between the second and the third signature of a list (S17, S18)', 1, 'after', ['any', 1, 'any']],
  ]
  for (const [name, which, when, calls] of rows)
    it(`${name}: 503, then the SAD is spent, for good`, async () => {
      const papers = calls.map(newPaper)
      const sad = await authorized(papers)
      const told = messages().length
      const killing = papers[which]?.digest.toString('hex').slice(0, 8) ?? ''
      const point = { at: 1, when, name: `C_SignAsync ${killing}` }
      const { answer } = await site.crash(point, () => sign(papers, sad))

      assert.equal(answer?.status, 503)
      assert.equal(memberOf(answer.body, 'error'), 'temporarily_unavailable')
      assert.ok(answer.headers['retry-after'])
      const made = papers.map(({ digest }) => site.plan.signCalls(digest))
      assert.deepEqual(
        made.map((count, index) => (calls[index] === 'any' && count <= 1 ? 'any' : count)),
        calls,
      )
      assert.deepEqual(await journalOf(answer.requestId), ['SIGNING', 'OUTCOME_UNKNOWN'])
      const own = (await ssa.journal(answer.requestId)).map((event) => memberOf(event, 'type'))
      assert.deepEqual(own, ['sign-requested', 'refused'])
      assert.match(await messageOf(told), /not known/)

      for (let tries = 0; tries < 2; tries++) {
        const again = await sign(papers, sad)
        assert.equal(again.status, 400)
        assert.deepEqual(again.body, {
          error: 'invalid_request',
          error_description: 'Invalid parameter SAD',
        })
        assert.deepEqual(await journalOf(again.requestId), ['REFUSED'])
      }
      assert.deepEqual(
        papers.map(({ digest }) => site.plan.signCalls(digest)),
        made,
      )
      const anew = await sign(papers, await authorized(papers))
      assert.equal(anew.status, 200, JSON.stringify(anew.body))
      await site.check()
    })

  it('while it signs a part of a list: 503, that part is spent, the rest still signs', async () => {
    const [first, second] = [newPaper(), newPaper()]
    const sad = await authorized([first, second])
    const name = `C_SignAsync ${first.digest.toString('hex').slice(0, 8)}`
    const { answer } = await site.crash({ at: 1, when: 'after', name }, () => sign([first], sad))
    assert.equal(answer?.status, 503)
    const again = await sign([first], sad)
    assert.equal(again.status, 400)
    assert.equal(memberOf(again.body, 'error_description'), 'Hash is not authorized by the SAD.')
    assert.equal((await sign([second], sad)).status, 200)
    await site.check()
  })

  it('before anything is spent: 503, then the same SAD signs', async () => {
    const papers = [newPaper()]
    const sad = await authorized(papers)
    await site.sam.end()
    const answer = await sign(papers, sad)
    assert.equal(answer.status, 503)
    await site.restart()
    assert.equal((await sign(papers, sad)).status, 200)
    await site.check()
  })

  it('leaves no code, PIN or SAD in any file (I8)', () => {
    site.checkSecrets()
  })
})
