import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deploy, type Deployment } from '../support/deployment.ts'

/** What integrators paste. */
const BLOCKS = [...readFileSync('docs/api.md', 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map(
  ([, text]) => text ?? '',
)

describe('the commands of docs/api.md', function () {
  this.timeout(120_000)
  let deployment: Deployment
  let folder: string

  before(async () => {
    deployment = await deploy()
    folder = mkdtempSync(join(tmpdir(), 'chancery-docs-'))
    cpSync('README.md', join(folder, 'README.md'))
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await deployment.remove()
  })

  it('sign through both versions, hashes and a document, and OpenSSL verifies all', () => {
    assert.equal(BLOCKS.length, 3)
    const script = BLOCKS.join('\n')
      .replace('D=data;', `D=${deployment.data};`)
      .replaceAll('localhost:8443', `localhost:${String(deployment.port)}`)
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    assert.equal(stdout, 'Verified OK\nVerified OK\n')
    assert.match(stderr, /CAdES Verification successful/)
  })
})
