import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { endAtOnce, type Watch } from './endIfStuck.ts'

/** The thread of `endIfStuck`. It counts its own seconds, in which the main thread should have turned. */
const { name, turns, seconds } = workerData as Watch // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- from `endIfStuck` alone

/** As pino counts levels. */
const FATAL = 60

let last = Atomics.load(turns, 0)
let still = 0
setInterval(() => {
  const now = Atomics.load(turns, 0)
  still = now === last ? still + 1 : 0
  last = now
  if (still < seconds) return
  // Straight to standard output, in the form of the other lines: the main thread, which writes those, stands still.
  const msg = 'the main thread stands still: this process ends'
  writeSync(1, `${JSON.stringify({ level: FATAL, time: Date.now(), name, event: 'stuck', seconds, msg })}\n`)
  endAtOnce()
}, 1000)
