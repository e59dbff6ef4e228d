import type { Logger } from 'pino'
import { writeQuarantines } from './activation/quarantine.ts'
import { settleExpired } from './activation/settleEarlier.ts'
import { deliverNotices } from './channels/notices.ts'
import { CLOCK_STEPPED } from './clock.ts'
import type { SamDeps } from './deps.ts'
import { forgetOtps } from './factors/forgetOtps.ts'

const CLOCK_MS = 2_000
const CHECKPOINT_MS = 60_000
const NOTICES_MS = 2_000
const QUARANTINE_MS = 2_000
const OTPS_MS = 60_000
const SETTLE_MS = 15_000
const JOURNAL_MS = 5_000
const HSM_CHECK_MS = 10_000

export interface Upkeep {
  /** Resolves when nothing of it runs any more. */
  stop(): Promise<void>
}

/** What the SAM does by itself: checkpoints, messages that wait, codes that ended, trying a silent HSM and a journal that failed again. */
export function startUpkeep(
  deps: SamDeps,
  log: Logger,
  onClockStepped: () => void = () => undefined,
): Upkeep {
  let lastClockProblem: string | undefined
  const jobs = [
    repeat('clock', CLOCK_MS, log, async () => {
      const problem = deps.clock.problem()
      if (problem === undefined || problem === lastClockProblem) return
      lastClockProblem = problem
      await deps.writer.write((unit) => {
        unit.record({ type: 'CLOCK_WRONG', fields: { problem } })
        return Promise.resolve()
      })
      if (problem === CLOCK_STEPPED) onClockStepped()
    }),
    repeat('checkpoint', CHECKPOINT_MS, log, async () => {
      if (deps.state.name() !== 'LOCKED') await deps.checkpointer.make()
    }),
    repeat('notices', NOTICES_MS, log, () =>
      deliverNotices({
        knex: deps.database.write,
        records: deps.records,
        channels: deps.channels,
        now: () => deps.clock.now(),
      }),
    ),
    repeat('quarantine', QUARANTINE_MS, log, () => writeQuarantines(deps)),
    repeat('otps', OTPS_MS, log, async () => {
      await forgetOtps(deps)
    }),
    repeat('settle', SETTLE_MS, log, () => settleExpired(deps)),
    repeat('journal', JOURNAL_MS, log, async () => {
      if (deps.writer.isHealthy || deps.state.name() === 'LOCKED') return
      await deps.writer.write((unit) => {
        unit.record({ type: 'JOURNAL_WRITABLE', fields: {} })
        return Promise.resolve()
      })
    }),
    repeat('hsm check', HSM_CHECK_MS, log, async () => {
      if (deps.state.hsmAnswers()) return
      await deps.hsm.check()
      deps.state.setHsmAnswers(true)
    }),
  ]
  return {
    async stop() {
      await Promise.all(jobs.map((job) => job.stop()))
    },
  }
}

/** Runs `job` again and again, never twice at once. A failure is logged and does not end it. */
function repeat(name: string, everyMs: number, log: Logger, job: () => Promise<void>): Upkeep {
  let running: Promise<void> = Promise.resolve()
  let isIdle = true
  const timer = setInterval(() => {
    if (!isIdle) return
    isIdle = false
    running = job()
      .catch((error: unknown) => {
        log.error({ job: name, err: error })
      })
      .finally(() => {
        isIdle = true
      })
  }, everyMs)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
