import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'

describe('the types of the contracts', function () {
  this.timeout(60_000)
  it('are what openapi/*.yaml gives: else run npm run gen', () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/gen.js', '--check'], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
  })
})
