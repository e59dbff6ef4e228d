import assert from 'node:assert/strict'
import { loadConfig } from '../../../sam/config.ts'
import { provision } from '../../../sam/provision.ts'
import { storeExists } from '../../../store/openStore.ts'
import { buildSam, makeSigner, newRequestId, type TestSam, type TestSigner } from '../../support/buildSam.ts'
import { authorization, authorized, journalOf, newHashes, sentCode, signing } from '../../support/samActs.ts'

const stateOf = async (sam: TestSam): Promise<string> =>
  (await sam.ssa.call('status', { requestId: newRequestId() })).state

/** Does what whoever can write the database can do. */
async function tamper(
  sam: TestSam,
  sql: string,
  values: readonly (string | number | Buffer)[] = [],
): Promise<void> {
  await sam.deps.database.write.raw(sql, [...values])
}

interface Row {
  readonly body: string
  readonly mac: Buffer
  readonly version: number
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && 'mac' in value

describe('a record that the SAM did not write', () => {
  let sam: TestSam
  let signer: TestSigner
  beforeEach(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam, { policy: 'otp-pin' })
  })
  afterEach(() => sam.dispose())

  const attempt = async (): Promise<unknown> => {
    const hashes = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    return sam.ssa.call('authorize', authorization(signer, hashes, { otp, pin: signer.pin }))
  }

  const changes: readonly [string, string, (signer: TestSigner) => readonly (string | number | Buffer)[]][] =
    [
      [
        'a key given to another state',
        `UPDATE record SET body = replace(body, '"ACTIVE"', '"GENERATED"') WHERE kind = 'key' AND id = ?`,
        ({ credentialId }) => [credentialId],
      ],
      [
        'a PIN counter set back',
        `UPDATE record SET body = replace(body, '"attempts":0', '"attempts":-1') WHERE kind = 'factor' AND id = ?`,
        ({ signerId }) => [`pin.${signerId}`],
      ],
      [
        'an OTP sent elsewhere',
        `UPDATE record SET body = replace(body, 'example.org', 'evil.example') WHERE kind = 'factor' AND id = ?`,
        ({ signerId }) => [`otp.${signerId}`],
      ],
      [
        'a client with another name',
        `UPDATE record SET body = replace(body, 'Application', 'Bank') WHERE kind = 'client' AND id = ?`,
        ({ clientId }) => [clientId],
      ],
      [
        'a MAC of zeros',
        `UPDATE record SET mac = ? WHERE kind = 'key' AND id = ?`,
        ({ credentialId }) => [Buffer.alloc(32), credentialId],
      ],
      [
        'another version number',
        `UPDATE record SET version = version + 1 WHERE kind = 'key' AND id = ?`,
        ({ credentialId }) => [credentialId],
      ],
    ]
  for (const [what, sql, values] of changes)
    it(`locks the SAM, also after a restart, and nothing is authorized: ${what}`, async () => {
      await sam.stop()
      await sam.start()
      await tamper(sam, sql, values(signer))
      await assert.rejects(attempt(), { code: 'unavailable' })
      assert.equal(await stateOf(sam), 'LOCKED')
      assert.deepEqual(await journalOf(sam, 'AUTHORIZED'), [])
      assert.equal((await journalOf(sam, 'SAM_LOCKED')).length, 1)
      await sam.stop()
      await sam.start()
      assert.equal(await stateOf(sam), 'LOCKED')
    })

  it("does not open another signer's key by its owner's name", async () => {
    const other = await makeSigner(sam, { policy: 'otp-pin' })
    await sam.stop()
    await sam.start()
    await tamper(
      sam,
      `UPDATE record SET body = (SELECT body FROM record WHERE kind = 'key' AND id = ?),
         mac = (SELECT mac FROM record WHERE kind = 'key' AND id = ?) WHERE kind = 'key' AND id = ?`,
      [other.credentialId, other.credentialId, signer.credentialId],
    )
    await assert.rejects(attempt(), { code: 'unavailable' })
    assert.equal(await stateOf(sam), 'LOCKED')
  })
})

describe('a ledger that the SAM did not write', () => {
  let sam: TestSam
  let signer: TestSigner
  beforeEach(async () => {
    sam = await buildSam()
    signer = await makeSigner(sam)
  })
  afterEach(() => sam.dispose())

  const changes: readonly [string, string, ...Buffer[]][] = [
    ['a longer life', 'UPDATE activation SET expires_at = expires_at + 1'],
    ['another body', `UPDATE activation SET body = replace(body, 'bound-otp', 'plain-otp')`],
    ['another digest', 'UPDATE occurrence SET digest = ? WHERE position = 0', Buffer.alloc(32)],
    [
      'one more occurrence',
      `INSERT INTO occurrence (activation_id, position, digest)
         SELECT activation_id, 99, ? FROM occurrence WHERE position = 0`,
      Buffer.alloc(32),
    ],
  ]
  for (const [what, sql, ...values] of changes)
    it(`signs nothing, and is LOCKED: ${what}`, async () => {
      const hashes = newHashes(2)
      const { sad } = await authorized(sam, signer, hashes)
      await tamper(sam, sql, values)
      for (const wanted of [hashes, [Buffer.alloc(32)]])
        await assert.rejects(sam.ssa.call('sign', signing(signer, sad, wanted)), { code: 'unavailable' })
      assert.equal(await stateOf(sam), 'LOCKED')
      assert.deepEqual(await journalOf(sam, 'SIGNING'), [])
    })

  it('takes no code whose list was exchanged in the database', async () => {
    const hashes = newHashes(1)
    const wanted = newHashes(1)
    const otp = await sentCode(sam, signer, hashes)
    const [hex, other] = [hashes[0]?.toString('hex') ?? '', wanted[0]?.toString('hex') ?? '']
    await tamper(sam, 'UPDATE otp SET binding = replace(binding, ?, ?)', [hex, other])
    await assert.rejects(sam.ssa.call('authorize', authorization(signer, wanted, { otp })), {
      code: 'otp_invalid',
    })
  })
})

describe('a journal that is not the one that was written', () => {
  let sam: TestSam
  beforeEach(async () => {
    sam = await buildSam()
    await makeSigner(sam)
  })
  afterEach(() => sam.dispose())

  const changes: readonly [string, string][] = [
    ['an entry changed', `UPDATE journal SET event = replace(event, 'DK', 'SE') || ' ' WHERE sequence = 3`],
    ['an entry removed', 'DELETE FROM journal WHERE sequence = 4'],
    [
      'two entries exchanged',
      'UPDATE journal SET sequence = CASE sequence WHEN 3 THEN -4 ELSE -3 END WHERE sequence IN (3, 4)',
    ],
    ['the end cut off', 'DELETE FROM journal WHERE sequence > 5'],
    ['everything cut off', 'DELETE FROM journal'],
    ['a record that it names removed', `DELETE FROM record WHERE kind = 'client'`],
  ]
  for (const [what, sql] of changes)
    it(`means LOCKED at the next start: ${what}`, async () => {
      await sam.stop()
      const database = sam.database.open()
      await database.raw(sql)
      if (sql.includes('-4')) await database.raw('UPDATE journal SET sequence = -sequence WHERE sequence < 0')
      await database.destroy()
      await sam.start()
      assert.equal(await stateOf(sam), 'LOCKED')
      await assert.rejects(
        sam.ra.call('createSigner', { requestId: newRequestId(), commonName: 'X', country: 'DK' }),
        { code: 'unavailable' },
      )
    })

  it('means LOCKED when the whole database is an older copy', async () => {
    await sam.stop()
    const putBack = await sam.database.keep()
    await sam.start()
    await makeSigner(sam)
    await sam.stop()
    await putBack()
    await sam.start()
    assert.equal(await stateOf(sam), 'LOCKED')
  })

  it('means LOCKED when one record is an older version with its good MAC', async () => {
    const signer = await makeSigner(sam)
    const { read } = sam.deps.database
    const id = `otp.${signer.signerId}`
    const old: unknown = await read('record').where({ kind: 'factor', id }).first('body', 'mac', 'version')
    assert.ok(isRow(old))
    for (let count = 0; count < 3; count++)
      await assert.rejects(
        sam.ssa.call('authorize', authorization(signer, newHashes(1), { otp: '00000000' })),
        { code: 'otp_invalid' },
      )
    const back = `UPDATE record SET body = ?, mac = ?, version = ? WHERE kind = 'factor' AND id = ?`
    await tamper(sam, back, [old.body, old.mac, old.version, id])
    await assert.rejects(
      sam.ssa.call('authorize', authorization(signer, newHashes(1), { otp: '00000000' })),
      {
        code: 'unavailable',
      },
    )
    assert.equal(await stateOf(sam), 'LOCKED')
    await sam.stop()
    await sam.start()
    assert.equal(await stateOf(sam), 'LOCKED')
  })

  it('is accepted when it goes on after the checkpoint in the token', async () => {
    const signer = await makeSigner(sam)
    await authorized(sam, signer, newHashes(1))
    // Nothing since the authorization made a checkpoint; a process that is killed makes none either.
    sam.deps.checkpointer.make = () => Promise.resolve()
    await sam.stop()
    await sam.start()
    assert.equal(await stateOf(sam), 'OPERATIONAL')
  })

  it('is never replaced by an empty one beside a token that knows of it', async () => {
    await sam.stop()
    await sam.database.lose()
    await assert.rejects(
      provision(loadConfig(sam.configFile)),
      /database\.(file|postgres): .* is missing, but the token knows of one/,
    )
    assert.equal(await storeExists(sam.database.config), false)
    await assert.rejects(sam.start(), /does not exist/)
  })
})

describe('accept-state', () => {
  it('leads out of LOCKED: nothing of before signs without an officer of its own', async () => {
    const sam = await buildSam()
    const signer = await makeSigner(sam)
    const doomed = await makeSigner(sam)
    const { sad } = await authorized(sam, signer, newHashes(1))
    const reason = 'the backup of this morning was put back on purpose'
    const request = { requestId: newRequestId(), reason }
    await assert.rejects(sam.officer.call('acceptState', request), { code: 'state_forbids' })
    await sam.stop()
    await sam.start()
    await tamper(sam, `UPDATE record SET mac = ? WHERE kind = 'key' AND id = ?`, [
      Buffer.alloc(32),
      doomed.credentialId,
    ])
    await assert.rejects(authorized(sam, doomed, newHashes(1)), { code: 'unavailable' })
    assert.equal(await stateOf(sam), 'LOCKED')
    await assert.rejects(sam.ra.call('acceptState', request), { code: 'forbidden' })
    await sam.officer.call('acceptState', request)

    assert.equal(await stateOf(sam), 'OPERATIONAL')
    const [accepted] = await journalOf(sam, 'STATE_ACCEPTED')
    assert.equal(accepted?.['node'], 'sam-1.2')
    assert.equal(accepted['sequence'], 1)
    assert.equal(accepted['oldChain'], 'sam-1')
    assert.deepEqual(accepted['suspended'], [signer.credentialId])
    assert.deepEqual(accepted['lost'], [`key/${doomed.credentialId}`])
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, newHashes(1))), {
      code: 'credential_disabled',
    })
    const { credentialId, signerId } = signer
    await sam.ra.call('resume', { requestId: newRequestId(), credentialId, reason: 'checked' })
    await assert.rejects(sam.ssa.call('sign', signing(signer, sad, newHashes(1))), { code: 'sad_invalid' })
    await assert.rejects(authorized(sam, signer, newHashes(1)), { code: 'otp_locked' })
    const factorId = `otp.${signerId}`
    await sam.ra.call('unlockFactor', { requestId: newRequestId(), signerId, factorId, reason: 'checked' })

    await sam.stop()
    await sam.start()
    assert.equal(await stateOf(sam), 'OPERATIONAL')
    const hashes = newHashes(1)
    const again = await authorized(sam, signer, hashes)
    assert.equal((await sam.ssa.call('sign', signing(signer, again.sad, hashes))).signatures.length, 1)
    await sam.dispose()
  })

  it('leads out of a broken journal as well, and finding out is served meanwhile', async () => {
    const sam = await buildSam()
    const signer = await makeSigner(sam)
    await tamper(sam, 'DELETE FROM journal WHERE sequence = 2')
    await sam.stop()
    await sam.start()
    assert.equal(await stateOf(sam), 'LOCKED')
    await sam.officer.call('journal', { requestId: newRequestId(), ofRequest: newRequestId() })
    await sam.officer.call('acceptState', { requestId: newRequestId(), reason: 'a disk lost a page' })
    await sam.stop()
    await sam.start()
    assert.equal(await stateOf(sam), 'OPERATIONAL')
    await assert.rejects(authorized(sam, signer, newHashes(1)), { code: 'credential_disabled' })
    await sam.dispose()
  })
})
