import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventType } from '../../../sam/journal/events.ts'
import type { Unit } from '../../../sam/state/writer.ts'
import { buildSam, type TestSam } from '../../support/buildSam.ts'

describe('a new chain of the journal', () => {
  let sam: TestSam
  before(async () => {
    sam = await buildSam()
  })
  after(() => sam.dispose())

  const job =
    (type: EventType, failure?: Error) =>
    async (unit: Unit): Promise<void> => {
      await sleep(30)
      unit.record({ type, fields: {} })
      if (failure !== undefined) throw failure
    }

  it('begins with its own job, whatever else is being written, and not at all if that fails', async () => {
    const { writer, database } = sam.deps
    const { chain } = writer
    await assert.rejects(writer.writeInNewChain('sam-1.8', job('STATE_ACCEPTED', new Error('no'))), /no/)
    assert.equal(writer.chain, chain)
    await Promise.all([
      writer.write(job('SAM_STARTED')),
      writer.write(job('SAM_STARTED')),
      writer.writeInNewChain('sam-1.9', job('STATE_ACCEPTED')),
      writer.write(job('SAM_STOPPED')),
    ])
    const entries = (node: string): Promise<unknown> =>
      Promise.resolve(database.read('journal').where({ node }).orderBy('sequence').select('sequence', 'type'))
    assert.deepEqual(await entries('sam-1.8'), [])
    assert.deepEqual(await entries('sam-1.9'), [
      { sequence: 1, type: 'STATE_ACCEPTED' },
      { sequence: 2, type: 'SAM_STOPPED' },
    ])
  })
})
