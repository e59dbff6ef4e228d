import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FileExists, writeWhole } from '../../../client/wholeFile.ts'
import { projectRoot } from '../../../scripts/projectRoot.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'

describe('a file written whole or not at all', () => {
  let folder: string
  const at = (name: string): string => join(folder, name)
  beforeEach(() => {
    folder = scratchFolder('whole')
  })

  it('has all parts in order, and leaves nothing beside it', async () => {
    const content = [Buffer.from('one '), Buffer.from('two')]
    await writeWhole({ path: at('out'), content, isReplacing: false })
    assert.equal(readFileSync(at('out'), 'utf8'), 'one two')
    assert.deepEqual(readdirSync(folder), ['out'])
  })

  it('replaces what is there only when it is told to', async () => {
    writeFileSync(at('out'), 'older')
    const content = [Buffer.from('newer')]
    await assert.rejects(writeWhole({ path: at('out'), content, isReplacing: false }), FileExists)
    assert.equal(readFileSync(at('out'), 'utf8'), 'older')
    await writeWhole({ path: at('out'), content, isReplacing: true })
    assert.equal(readFileSync(at('out'), 'utf8'), 'newer')
    assert.deepEqual(readdirSync(folder), ['out'])
  })

  it('is not there, and what was there stays, when its content fails', async () => {
    writeFileSync(at('out'), 'older')
    async function* content(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(100_000)
      throw new Error('read error')
    }
    await assert.rejects(writeWhole({ path: at('out'), content: content(), isReplacing: true }), /read error/)
    assert.equal(readFileSync(at('out'), 'utf8'), 'older')
    assert.deepEqual(readdirSync(folder), ['out'])
  })

  it('is not there when its place is a folder', async () => {
    mkdirSync(at('out'))
    await assert.rejects(writeWhole({ path: at('out'), content: [Buffer.from('x')], isReplacing: true }))
    assert.deepEqual(readdirSync(folder), ['out'])
  })

  /** A program that writes 1 MB, says so, and goes on after a line on its standard input. */
  const program = (isReplacing: boolean): string => `
    import { writeWhole } from ${JSON.stringify(pathToFileURL(join(projectRoot(), 'client/wholeFile.ts')).href)}
    import { once } from 'node:events'
    async function* content() {
      yield Buffer.alloc(1_000_000)
      process.stdout.write('half')
      await once(process.stdin, 'data')
      yield Buffer.alloc(1_000_000)
    }
    await writeWhole({ path: ${JSON.stringify(at('out'))}, content: content(), isReplacing: ${isReplacing} })
    process.exit(0)`
  const node = (isReplacing = true): readonly string[] => [
    '--import',
    'tsx',
    '--input-type=module',
    '--eval',
    program(isReplacing),
  ]

  it('is not there when the process is killed in the middle', async () => {
    writeFileSync(at('out'), 'older')
    const child = spawn(process.execPath, node(), { cwd: projectRoot(), stdio: ['pipe', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'exit')
    assert.equal(readFileSync(at('out'), 'utf8'), 'older')
  })

  it('is not there when the disk takes no more', () => {
    writeFileSync(at('out'), 'older')
    const limited = `trap '' XFSZ; ulimit -f 500; exec "$@"`
    const { status, stderr } = spawnSync('bash', ['-c', limited, 'bash', process.execPath, ...node()], {
      cwd: projectRoot(),
      encoding: 'utf8',
      input: '\n',
    })
    assert.equal(status, 1)
    assert.match(stderr, /EFBIG/)
    assert.equal(readFileSync(at('out'), 'utf8'), 'older')
    assert.deepEqual(readdirSync(folder), ['out'])
  })

  describe('on a file system without links', () => {
    const write = (environment: NodeJS.ProcessEnv = {}): string => {
      const shim = at('noLinks.so')
      const source = join(projectRoot(), 'test', 'support', 'noLinks.c')
      execFileSync('cc', ['-shared', '-fPIC', '-o', shim, source])
      const { stderr } = spawnSync(process.execPath, node(false), {
        cwd: projectRoot(),
        encoding: 'utf8',
        input: '\n',
        env: { ...process.env, ...environment, LD_PRELOAD: shim },
      })
      return stderr
    }

    it('replaces nothing either', () => {
      assert.equal(write(), '')
      assert.equal(statSync(at('out')).size, 2_000_000)
      writeFileSync(at('out'), 'older')
      assert.match(write(), /FileExists/)
      assert.equal(readFileSync(at('out'), 'utf8'), 'older')
      assert.deepEqual(readdirSync(folder).sort(), ['noLinks.so', 'out'])
    })

    it('is not there when it cannot have its name', () => {
      assert.match(write({ NO_RENAME: '1' }), /EIO/)
      assert.deepEqual(readdirSync(folder), ['noLinks.so'])
    })
  })
})
