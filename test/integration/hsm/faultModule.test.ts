import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TokenConfig } from '../../../hsm/token.ts'
import { makeFaultModule, type FaultKind, type FaultModule } from '../../support/faultModule.ts'
import { makeSoftHsm, makeToken, type SoftHsm } from '../../support/softhsm.ts'

/** Makes a key, then signs five times and says so; a process of its own, because some faults end it. */
const SIGN_FIVE_TIMES = `
  import { openToken } from ${JSON.stringify(new URL('../../../hsm/token.ts', import.meta.url).href)}
  const token = await openToken(JSON.parse(process.env.TOKEN_CONFIG))
  const key = await token.createInfrastructureKey('key-' + process.pid, 'sign-p256')
  const scheme = { name: 'ecdsa', digest: 'sha256' }
  for (let i = 0; i < 5; i++) {
    await token.signWithResident(key, scheme, Buffer.alloc(32))
    process.stdout.write('.')
  }
  await token.close()
`

describe('the fault module of the tests', () => {
  let softHsm: SoftHsm
  let fault: FaultModule
  let config: TokenConfig

  before(async () => {
    softHsm = await makeSoftHsm()
    fault = await makeFaultModule(softHsm)
    const plain = await makeToken(softHsm, 'fault')
    config = { ...plain, module: fault.module, environment: fault.environment }
  })

  after(async () => {
    await softHsm.dispose()
  })

  async function signsInChild(): Promise<{
    readonly signal: unknown
    readonly signed: number
    readonly calls: number
  }> {
    const before = fault.count('C_Sign')
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', SIGN_FIVE_TIMES], {
      env: { ...process.env, TOKEN_CONFIG: JSON.stringify(config) },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let signed = 0
    child.stdout.on('data', (chunk: Buffer) => {
      signed += chunk.length
    })
    const exit: unknown[] = await once(child, 'close')
    return { signal: exit[1], signed, calls: fault.count('C_Sign') - before }
  }

  it('changes nothing without a rule', async () => {
    fault.clear()
    assert.deepEqual(await signsInChild(), { signal: null, signed: 5, calls: 5 })
  })

  for (const kind of ['kill', 'kill-after'] satisfies FaultKind[])
    it(`ends the process in the third C_Sign: ${kind}`, async () => {
      fault.set({ call: 'C_Sign', fault: kind, first: 3 })
      assert.deepEqual(await signsInChild(), { signal: 'SIGKILL', signed: 2, calls: 3 })
    })
})
