import assert from 'node:assert/strict'
import { MAX_ANSWER_BYTES, MAX_HASHES } from '../../../sap/limits.ts'
import { SAM_OPERATIONS } from '../../../sap/operations.ts'

describe('limits of the SAP', () => {
  it('let the longest answer through: what was signed must not be lost on the way', () => {
    const signatures = Array.from({ length: MAX_HASHES }, () => Buffer.alloc(512))
    const answer = JSON.stringify(SAM_OPERATIONS.sign.answer.write({ signatures }))
    assert.ok(answer.length < MAX_ANSWER_BYTES, String(answer.length))
  })
})
