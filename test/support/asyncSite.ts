import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { membersOf, textIn } from './bodyOf.ts'
import { buildSsa, type Answer, type BuildSsaOptions, type TestSsa } from './buildSsa.ts'
import { handClock, type HandClock } from './handClock.ts'
import { scriptedSam, type ScriptedSam } from './scriptedSam.ts'

const HASH = Buffer.alloc(32, 7).toString('base64')
export const SIGNATURE = Buffer.alloc(64, 9)
export const SAD = 'sad-that-must-not-be-stored'
const RIGHT = {
  SAD,
  credentialID: 'cred-1',
  hashes: [HASH],
  signAlgo: '1.2.840.113549.1.1.11',
  operationMode: 'A',
}
/** An SSA with a scripted SAM and a clock of its own. */
export interface Site {
  readonly sam: ScriptedSam
  readonly ssa: TestSsa
  readonly token: string
  readonly clock: HandClock
  sign(changes?: object, token?: string): Promise<Answer>
  /** Accepts a request, which must be. */
  begun(changes?: object): Promise<string>
  poll(requestID: string, changes?: object, token?: string): Promise<Answer>
  /** Polls until it is done. */
  outcome(requestID: string): Promise<Answer>
  dispose(): Promise<void>
}

export async function buildAsyncSite(
  config: object = {},
  surroundings: Pick<BuildSsaOptions, 'nameServers'> = {},
): Promise<Site> {
  const sam = await scriptedSam()
  const clock = handClock()
  const ssa = await buildSsa({
    ...surroundings,
    ...{ sam, config: { ...config }, clock: { now: () => clock.wall() } },
  })
  await ssa.addUser({ username: 'ada', password: 'correct horse', signerId: 'signer-1' })
  await ssa.addUser({ username: 'bob', password: 'correct horse', signerId: 'signer-2' })
  const token = await ssa.login('ada', 'correct horse')
  const sign: Site['sign'] = (changes = {}, by = token) =>
    ssa.post('v2', 'signatures/signHash', { ...RIGHT, ...changes }, { token: by })
  const poll: Site['poll'] = (requestID, changes = {}, by = token) =>
    ssa.post('v2', 'signatures/signPolling', { requestID, ...changes }, { token: by })
  return {
    sam,
    ssa,
    token,
    clock,
    sign,
    poll,
    async begun(changes) {
      const answer = await sign(changes)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      assert.deepEqual(membersOf(answer.body), ['responseID'])
      return textIn(answer.body, 'responseID')
    },
    async outcome(requestID) {
      for (let n = 0; n < 100; n += 1) {
        const answer = await poll(requestID)
        if (answer.status !== 202) return answer
        await sleep(20)
      }
      return assert.fail('no outcome')
    },
    async dispose() {
      await ssa.dispose()
      await sam.dispose()
    },
  }
}

/** A SAM that signs when it is told to. */
export function held(sam: ScriptedSam): { release(): void } {
  let release: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  sam.handlers = {
    sign: async () => {
      await gate
      return { signatures: [SIGNATURE] }
    },
  }
  return {
    release() {
      release()
    },
  }
}
