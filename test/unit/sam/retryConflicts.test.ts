import assert from 'node:assert/strict'
import { retryConflicts } from '../../../sam/state/retryConflicts.ts'
import { Conflict } from '../../../sam/state/writer.ts'

describe('retryConflicts', () => {
  it('runs the step again after a conflict, and tells it which try it is', async () => {
    const tries: number[] = []
    const result = await retryConflicts((one) => {
      tries.push(one)
      return one < 3 ? Promise.reject(new Conflict('faster')) : Promise.resolve('done')
    })
    assert.equal(result, 'done')
    assert.deepEqual(tries, [1, 2, 3])
  })

  it('is unavailable when others were faster every time', async () => {
    let tries = 0
    const losing = retryConflicts(() => {
      tries += 1
      return Promise.reject(new Conflict('faster'))
    })
    await assert.rejects(losing, { name: 'SapFailure', code: 'unavailable' })
    assert.equal(tries, 20)
  })

  it('does not run a step again that failed otherwise', async () => {
    let tries = 0
    const failing = retryConflicts(() => {
      tries += 1
      return Promise.reject(new Error('disk'))
    })
    await assert.rejects(failing, { message: 'disk' })
    assert.equal(tries, 1)
  })
})
