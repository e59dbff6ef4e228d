import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Paper } from '../support/checkInvariants.ts'
import { crashAtEach } from '../support/crashAtEach.ts'
import { CrashSite, newPaper } from '../support/crashSite.ts'
import type { KillPoint } from '../support/killPlan.ts'
import { withDatabase } from '../support/samDatabase.ts'
import { runSeed, sample, seeded } from '../support/seeded.ts'
import { newRequestId, type TestSigner } from '../support/testSigner.ts'

const POINTS = 8
const REASON = 'a test'

interface Prepared {
  readonly signer: TestSigner
  readonly papers: readonly Paper[]
  readonly sad: string
  readonly requestId: string
}

/** Invariant I3 and attack F11 for suspend, destroy and extend, at a sample of their steps. */
describe('a SAM killed while it suspends, destroys or extends', () => {
  let site: CrashSite
  let choose: (points: readonly KillPoint[]) => readonly KillPoint[]
  before(async function () {
    this.timeout(60_000)
    const random = seeded(runSeed())
    choose = (points) => sample(points, POINTS, random)
    site = await CrashSite.make()
  })
  after(() => site.dispose())

  async function prepare(signer: TestSigner): Promise<Prepared> {
    const papers = [newPaper()]
    return { signer, papers, sad: await site.authorized(signer, papers), requestId: newRequestId() }
  }
  const signs = ({ signer, papers, sad }: Prepared): Promise<readonly Buffer[]> =>
    site.sign(signer, papers, sad)

  it('is suspended for good once it said so, and otherwise suspended or not', async function () {
    this.timeout(180_000)
    const signer = await site.makeSigner()
    const { signerId, clientId, credentialId } = signer
    const suspend = (requestId: string): Promise<unknown> =>
      site.sam.ssa.call('suspend', { requestId, signerId, clientId, credentialId, reason: REASON })
    await crashAtEach(
      site,
      {
        prepare: () => prepare(signer),
        act: ({ requestId }) => suspend(requestId),
        async after(prepared, answer) {
          const isSuspended = await site.hasEntry('KEY_SUSPENDED', prepared.requestId)
          assert.ok(answer === undefined || isSuspended)
          if (isSuspended) await assert.rejects(signs(prepared), { code: 'credential_disabled' })
          else assert.equal((await signs(prepared)).length, 1)
          await suspend(newRequestId())
          await site.sam.ra.call('resume', { requestId: newRequestId(), credentialId, reason: REASON })
          // What was authorized before the suspension stays void.
          await assert.rejects(signs(prepared), { code: 'sad_invalid' })
          await site.signsAnew(signer)
        },
      },
      choose,
    )
  })

  it('destroys every copy of a key, or none', async function () {
    this.timeout(180_000)
    const blobs = new Map<string, Buffer>()
    await crashAtEach(
      site,
      {
        async prepare() {
          const prepared = await prepare(await site.makeSigner())
          blobs.set(prepared.requestId, await wrappedKeyOf(site, prepared.signer))
          return prepared
        },
        act: ({ signer, requestId }) =>
          site.sam.ra.call('destroy', { requestId, credentialId: signer.credentialId, reason: REASON }),
        async after(prepared, answer) {
          const { signer, requestId } = prepared
          const isDestroyed = await site.hasEntry('KEY_DESTROYED', requestId)
          assert.ok(answer === undefined || isDestroyed)
          if (!isDestroyed) {
            assert.equal((await signs(prepared)).length, 1)
            await site.signsAnew(signer)
            return
          }
          await assert.rejects(signs(prepared), { code: 'credential_disabled' })
          assert.equal(
            isOnDisk(site, blobs.get(requestId) ?? Buffer.alloc(0)),
            false,
            'the blob is still there',
          )
          await site.signsAnew(await site.makeSigner())
        },
      },
      choose,
    )
  })

  it('has one SAD for an activation, the old one or the new one', async function () {
    this.timeout(180_000)
    const signer = await site.makeSigner()
    const { signerId, clientId, credentialId, familyId } = signer
    await crashAtEach(
      site,
      {
        prepare: () => prepare(signer),
        act: ({ papers, sad, requestId }) =>
          site.sam.ssa.call('extend', {
            requestId,
            signerId,
            clientId,
            credentialId,
            familyId,
            sad,
            hashes: papers.map(({ digest }) => digest),
          }),
        async after(prepared, answer) {
          const isExtended = await site.hasEntry('EXTENDED', prepared.requestId)
          assert.ok(answer === undefined || isExtended)
          if (isExtended) await assert.rejects(signs(prepared), { code: 'sad_invalid' })
          else assert.equal((await signs(prepared)).length, 1)
          if (answer !== undefined) assert.equal((await signs({ ...prepared, sad: answer.sad })).length, 1)
          await site.signsAnew(signer)
        },
      },
      choose,
    )
  })
})

/** As it stands in the key's record. */
async function wrappedKeyOf(site: CrashSite, signer: TestSigner): Promise<Buffer> {
  return withDatabase(site.folder, async (knex) => {
    const row: { body: string } | undefined = await knex('record')
      .where({ kind: 'key', id: signer.credentialId })
      .first('body')
    const value: unknown = JSON.parse(row?.body ?? '{}')
    assert.ok(typeof value === 'object' && value !== null && 'wrappedKey' in value)
    return Buffer.from(String(value.wrappedKey))
  })
}

function isOnDisk(site: CrashSite, text: Buffer): boolean {
  return ['sam.db', 'sam.db-wal'].some((name) => readFileSync(join(site.folder.folder, name)).includes(text))
}
