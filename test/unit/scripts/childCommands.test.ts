import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childCommands } from '../../../scripts/setup/childCommands.ts'
import { dataFolder } from '../../../scripts/setup/dataFolder.ts'

const NOBODY = { sam: undefined, ca: undefined, ssa: undefined }

describe('scripts: threads of the processes', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'chancery-children-'))
  })
  afterEach(() => {
    rmSync(root, { recursive: true })
  })

  function threads(samYaml: string): Readonly<Record<string, string | undefined>> {
    const data = dataFolder(root)
    mkdirSync(data.area.sam, { recursive: true })
    writeFileSync(join(data.area.sam, 'sam.yaml'), samYaml)
    const program = { node: process.execPath, root, isCopy: false }
    return Object.fromEntries(
      childCommands({ program, data, owners: NOBODY }).map(({ name, environment }) => [
        name,
        environment['UV_THREADPOOL_SIZE'],
      ]),
    )
  }

  it('has one for each PKCS#11 session and one for all else', () => {
    assert.deepEqual(threads('hsm: { sessions: 16 }'), { sam: '17', ca: '3', ssa: '3' })
  })

  it('has three with fewer sessions, or with a configuration that the process itself will refuse', () => {
    for (const yaml of ['hsm: { sessions: 1 }', 'hsm: { sessions: 65 }', 'no: [yaml'])
      assert.deepEqual(threads(yaml), { sam: '3', ca: '3', ssa: '3' })
  })
})
