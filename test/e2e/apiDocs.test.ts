import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deploy, type Deployment } from '../support/deployment.ts'
import { testTsa, type TestTsa } from '../support/testTsa.ts'

/** What integrators paste. */
const DOCS = readFileSync('docs/api.md', 'utf8')
const blocksOf = (language: string): readonly string[] =>
  [...DOCS.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text ?? '')

describe('the commands of docs/api.md', function () {
  this.timeout(120_000)
  let deployment: Deployment
  let folder: string
  let tsa: TestTsa

  /** Configures the authority as the text says, and lets the SSA reach it on this machine. */
  async function useTsa(): Promise<void> {
    const [block = ''] = blocksOf('yaml')
    const ssa = join(deployment.data, 'ssa')
    await deployment.stop()
    writeFileSync(join(ssa, 'tsa-root.pem'), readFileSync(tsa.authorityFile), { mode: 0o644 })
    writeFileSync(join(ssa, 'tsa-tls.pem'), tsa.ca, { mode: 0o644 })
    appendFileSync(
      join(ssa, 'ssa.yaml'),
      `${block.replace('https://tsa.example/tsr', tsa.url)}  listed: ['localhost:${String(tsa.port)}']\n` +
        'egress: { authorities: tsa-tls.pem }\n',
    )
    await deployment.restart()
  }

  before(async () => {
    deployment = await deploy()
    tsa = await testTsa()
    await useTsa()
    folder = mkdtempSync(join(tmpdir(), 'chancery-docs-'))
    cpSync('README.md', join(folder, 'README.md'))
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    await tsa.close()
    await deployment.remove()
  })

  it('sign through both versions, hashes and a document, and have a time-stamp made; OpenSSL verifies all', async () => {
    const blocks = blocksOf('sh')
    assert.equal(blocks.length, 4)
    const script = blocks
      .join('\n')
      .replace('D=data;', `D=${deployment.data};`)
      .replaceAll('localhost:8443', `localhost:${String(deployment.port)}`)
    // Not spawnSync: the authority is in this process.
    const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
    })
    assert.equal(stdout, 'Verified OK\nVerified OK\nVerification: OK\n')
    assert.match(stderr, /CAdES Verification successful/)
  })
})
