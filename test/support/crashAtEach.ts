import assert from 'node:assert/strict'
import type { CrashSite } from './crashSite.ts'
import type { KillPoint } from './killPlan.ts'

export interface Scenario<S, A> {
  /** What must be there before the act. Nobody dies in it. */
  prepare(): Promise<S>
  act(prepared: S): Promise<A>
  /** After the restart: what must have become of it. `answer` is undefined if none came. */
  after(prepared: S, answer: A | undefined): Promise<void>
}

/**
 * Lets the SAM die before and after each step of an act in turn, and once after its answer; `choose` may leave some
 * out. After each restart the scenario's own rules are checked, then all invariants. Returns the number of deaths.
 */
export async function crashAtEach<S, A>(
  site: CrashSite,
  scenario: Scenario<S, A>,
  choose: (points: readonly KillPoint[]) => readonly KillPoint[] = (points) => points,
): Promise<number> {
  await once(site, scenario, undefined)
  const names = await namesOfSteps(site, scenario)
  const points = names.flatMap((_, index): KillPoint[] => [
    { at: index + 1, when: 'before' },
    { at: index + 1, when: 'after' },
  ])
  const chosen = choose(points)
  for (const point of chosen) {
    try {
      await once(site, scenario, point)
    } catch (error) {
      const step = `${point.when} step ${point.at}, ${names[point.at - 1] ?? ''}`
      throw new Error(`killed ${step}: ${error instanceof Error ? error.message : ''}`, { cause: error })
    }
  }
  return chosen.length + 2
}

async function once<S, A>(
  site: CrashSite,
  scenario: Scenario<S, A>,
  point: KillPoint | undefined,
): Promise<readonly string[]> {
  const prepared = await scenario.prepare()
  const { answer, steps } = await site.crash(point, () => scenario.act(prepared))
  if (point === undefined) assert.ok(answer !== undefined, 'the act was not answered')
  await scenario.after(prepared, answer)
  await site.check()
  return steps
}

/** In the state in which every later run begins: shortly after a restart. */
async function namesOfSteps<S, A>(site: CrashSite, scenario: Scenario<S, A>): Promise<readonly string[]> {
  const names = await once(site, scenario, undefined)
  assert.ok(names.length > 0, 'the act took no step')
  return names
}
