import { answered } from '../expect.ts'
import { textsAt } from '../json.ts'
import type { Trial } from '../trial.ts'

/** The answer of `info`, asked for once in a run. */
export async function infoOf(trial: Trial): Promise<unknown> {
  const kept = trial.learned.get('info')
  if (kept !== undefined) return kept
  const info = answered(
    await trial.send({
      verb: 'POST',
      path: 'info',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    }),
  )
  trial.learned.set('info', info)
  return info
}

/** Whether `info` names the method; `info` itself, and what holds for all, is always there. */
export async function offers(trial: Trial, method: string): Promise<boolean> {
  if (method === 'info' || method === 'service') return true
  return textsAt(await infoOf(trial), 'methods').includes(method)
}
