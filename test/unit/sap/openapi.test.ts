import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { sapYaml } from '../../../scripts/genSap.ts'

describe('openapi/sap.yaml', () => {
  it('is what the table of operations gives: run `npm run gen` after a change', () => {
    assert.equal(readFileSync('openapi/sap.yaml', 'utf8'), sapYaml())
  })
})
