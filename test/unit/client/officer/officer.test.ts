import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkConfig } from '../../../../client/officer/checkConfig.ts'
import { journalLines } from '../../../../client/officer/journalLines.ts'
import { loadOfficerConfig } from '../../../../client/officer/officerConfig.ts'
import { officerYaml } from '../../../../scripts/setup/officerYaml.ts'

describe("the officers' commands", () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'chancery-officer-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('join two journals in the order of time, each in the order of its chain', () => {
    const record = (node: string, sequence: number, time: number, type: string, event: object) => ({
      node,
      sequence,
      time,
      type,
      event: JSON.stringify(event),
    })
    const lines = journalLines([
      record('ssa-1', 7, 2000, 'refused', { type: 'refused', requestId: 'r', error: 'invalid_otp' }),
      record('sam-1', 4, 1500, 'REFUSED', { fields: { code: 'otp_invalid', attempt: 1 } }),
      record('sam-1', 3, 1500, 'FACTOR_ATTEMPTED', { fields: { factor: 'otp' } }),
      record('ssa-1', 6, 1000, 'authorized', { clientId: 'basic' }),
    ])
    assert.deepEqual(lines, [
      '1970-01-01T00:00:01.000Z  ssa-1   authorized        clientId=basic',
      '1970-01-01T00:00:01.500Z  sam-1   FACTOR_ATTEMPTED  factor=otp',
      '1970-01-01T00:00:01.500Z  sam-1   REFUSED           code=otp_invalid attempt=1',
      '1970-01-01T00:00:02.000Z  ssa-1   refused           error=invalid_otp',
    ])
  })

  it('keep control characters of an event out of the terminal', () => {
    const event = JSON.stringify({ reason: 'a\u001b[2Jb' })
    const [line] = journalLines([{ node: 'n', sequence: 1, time: 0, type: 't', event }])
    assert.ok(line !== undefined && !line.includes('\u001b'))
  })

  it("resolve paths from the folder of the officers' file", () => {
    const file = join(folder, 'officer.yaml')
    writeFileSync(file, officerYaml('http://127.0.0.1:8445'))
    const config = loadOfficerConfig(file)
    assert.equal(config.ra.key, join(folder, 'ra.key'))
    assert.deepEqual(config.sam, { socketPath: join(folder, '../run/sam/sap.sock') })
  })

  it("name the key that is wrong in the officers' file", () => {
    const file = join(folder, 'wrong.yaml')
    writeFileSync(file, officerYaml('no address'))
    assert.throws(() => loadOfficerConfig(file), /wrong\.yaml: management: /)
  })

  for (const [name, area] of [
    ['sam.yaml', 'sam'],
    ['ca.yaml', 'ca'],
    ['ssa.yaml', 'ssa'],
  ] as const)
    it(`have the ${area} check ${name}, and say which file and key is wrong`, () => {
      const file = join(folder, name)
      writeFileSync(file, 'node: 1\n')
      const { isValid, message } = checkConfig(file)
      assert.equal(isValid, false)
      assert.match(message, new RegExp(`^\\S*${name}: [a-zA-Z.]+: .`))
    })

  it('ask whose a configuration is when its name does not tell', () => {
    assert.match(checkConfig(join(folder, 'other.yaml')).message, /--process/)
  })
})
