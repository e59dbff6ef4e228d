import { setTimeout as sleep } from 'node:timers/promises'
import type { User } from '../account/account.ts'
import { answered, holds, textIn } from '../expect.ts'
import { at, textAt } from '../json.ts'
import { NotOffered, Refuted } from '../outcome.ts'
import { infoOf } from '../run/offers.ts'
import type { Trial } from '../trial.ts'
import type { Answer } from '../wire/answer.ts'
import type { Body } from './authorize.ts'
import { post } from './post.ts'

export const SIGN_POLLING = 'signatures/signPolling'
const POLL_MS = 100
const LONGEST_MS = 60_000

/** Throws NotOffered unless `info` says that the service has operation mode A. */
export async function requireAsynchronous(trial: Trial): Promise<void> {
  if (at(await infoOf(trial), 'asynchronousOperationMode') !== true)
    throw new NotOffered('`asynchronousOperationMode` of `info` is not true')
}

/** Sends a good request in mode A, and gives its responseID. */
export async function begun(trial: Trial, method: string, body: Body, user: User): Promise<string> {
  await requireAsynchronous(trial)
  const answer = answered(await post(trial, method, { ...body, operationMode: 'A' }, { as: user }))
  holds(
    ['signatures', 'SignatureObject', 'DocumentWithSignature'].every(
      (name) => at(answer, name) === undefined,
    ),
    'a request in mode A was answered with its signatures',
  )
  return textIn(answer, 'responseID')
}

/** One question for the outcome. */
export async function poll(
  trial: Trial,
  requestID: string,
  user: User = trial.account.user,
): Promise<Answer> {
  return post(trial, SIGN_POLLING, { requestID }, { as: user })
}

/** Asks until there is an outcome. Throws Refuted when there is none within a minute, or a pending answer has another form. */
export async function outcomeOf(trial: Trial, requestID: string, user?: User): Promise<Answer> {
  const end = Date.now() + LONGEST_MS
  while (Date.now() < end) {
    const answer = await poll(trial, requestID, user)
    if (answer.status !== 202) return answer
    const error = textAt(answer.json, 'error')
    holds(
      error === 'accepted_request',
      `a 202 must have the error accepted_request, it has ${error ?? 'none'}`,
    )
    await sleep(POLL_MS)
  }
  throw new Refuted('a request in mode A had no outcome within a minute')
}
