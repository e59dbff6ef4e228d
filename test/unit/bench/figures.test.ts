import assert from 'node:assert/strict'
import { cpuMilliseconds, cpuMillisecondsOf } from '../../../bench/cpuTime.ts'
import { inFlight } from '../../../bench/inFlight.ts'
import { benchOptions } from '../../../bench/options.ts'
import { linesOf, tableOf, type Measurement } from '../../../bench/report.ts'
import { latencyOf, percentile } from '../../../bench/statistics.ts'

describe('bench — figures', () => {
  it('takes a percentile by nearest rank, whatever the order', () => {
    const values = [5, 1, 4, 2, 3]
    assert.deepEqual(
      [0, 0.2, 0.5, 0.99, 1].map((share) => percentile(values, share)),
      [1, 1, 3, 5, 5],
    )
    assert.deepEqual(latencyOf(Array.from({ length: 200 }, (_, at) => at + 1)), { p50: 100, p99: 198 })
    assert.throws(() => percentile([], 0.5), RangeError)
  })

  it('reads CPU time behind a name with spaces and parentheses', () => {
    const stat =
      '42 (node) x (y) S 1 42 42 0 -1 4194560 100 0 0 0 150 27 9 8 20 0 11 0 123456 1000000 2000 18446744073709551615'
    assert.equal(cpuMillisecondsOf(stat), 1770)
    assert.throws(() => cpuMillisecondsOf('42 (node) S'))
    assert.ok(cpuMilliseconds(process.pid) > 0)
  })

  it('keeps so many in flight, and ends with the first failure once nothing runs', async () => {
    let running = 0
    let most = 0
    const work = async (item: number): Promise<void> => {
      running++
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 2))
      running--
      if (item === 7) throw new Error('seven')
    }
    await inFlight([1, 2, 3, 4, 5, 6], 3, work)
    assert.equal(most, 3)
    await assert.rejects(inFlight([6, 7, 8, 9, 10], 2, work), /seven/)
    assert.equal(running, 0)
  })

  const raw: Measurement = {
    keyType: 'rsa-3072',
    way: 'raw unwrap + sign',
    inFlight: 4,
    signatures: 400,
    milliseconds: 1000,
    steps: {},
    cpu: { raw: 800 },
  }

  it('holds a rate against all raw figures of its key type and way', () => {
    const fresh: Measurement = {
      ...raw,
      way: 'authorize + sign one',
      signatures: 150,
      steps: { authorize: { p50: 4, p99: 12.34 } },
      cpu: { sam: 600, ssa: 300 },
    }
    const lines = linesOf([
      raw,
      { ...raw, keyType: 'p-256', signatures: 9000 },
      { ...raw, way: 'raw sign', signatures: 9000 },
      fresh,
      { ...raw, signatures: 200 },
    ])
    const line = lines[3]
    assert.equal(line?.perSecond, 150)
    assert.deepEqual(line.ofRaw, { way: 'raw unwrap + sign', share: 0.5 })
    assert.equal(line.cpuEach, 6)
    assert.equal(line.ofRawCpu?.toFixed(3), (1600 / 600 / 6).toFixed(3))
    assert.equal(lines[0]?.ofRaw, undefined)
    const row = tableOf(lines).split('\n')[5]
    assert.equal(
      row,
      '| rsa-3072 | authorize + sign one | 4 | 150 | 150 | 50 % of raw unwrap + sign | 44 % | ' +
        'authorize 4.0 / 12.3 | sam 4.00, ssa 2.00 |',
    )
  })

  it('refuses options that are no numbers in bounds, and names them', () => {
    assert.deepEqual(benchOptions(['--rsa', '3']).credentials, { 'rsa-3072': 3, 'p-256': 200 })
    assert.throws(() => benchOptions(['--ec', '0']), /--ec takes a number from 1 to 2000/)
    assert.throws(() => benchOptions(['--rounds', 'many']), /--rounds/)
    assert.throws(() => benchOptions(['--port', '1']), /usage|npm run bench/)
  })
})
