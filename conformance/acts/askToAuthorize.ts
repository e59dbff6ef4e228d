import { setTimeout as sleep } from 'node:timers/promises'
import { holds, textIn } from '../expect.ts'
import type { How, Trial } from '../trial.ts'
import type { Answer } from '../wire/answer.ts'
import { post } from './post.ts'

export const AUTHORIZE = 'credentials/authorize'
export const AUTHORIZE_CHECK = 'credentials/authorizeCheck'

const POLL_MS = 100
const LONGEST_MS = 60_000

/** `credentials/authorize`; where version 2 answers it with a handle, what the handle leads to in the end. */
export async function askToAuthorize(trial: Trial, body: object | string, how: How = {}): Promise<Answer> {
  return settled(trial, await post(trial, AUTHORIZE, body, how), how)
}

/** Asks for the outcome as long as there is none. Throws Refuted when there is none within a minute. */
export async function settled(trial: Trial, first: Answer, how: How = {}): Promise<Answer> {
  const end = Date.now() + LONGEST_MS
  let answer = first
  while (trial.version === 'v2' && answer.status === 202) {
    holds(Date.now() < end, 'an authorization had no outcome within a minute')
    const handle = textIn(answer.json, 'handle')
    await sleep(POLL_MS)
    answer = await post(trial, AUTHORIZE_CHECK, { handle }, how)
  }
  return answer
}
