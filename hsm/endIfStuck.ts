import { Worker } from 'node:worker_threads'

/** Of the thread that watches: it gets nothing of this process but this. */
export interface Watch {
  /** For the log. */
  readonly name: string
  /** One number, shared: it grows while the main thread turns. */
  readonly turns: Int32Array
  readonly seconds: number
}

const TURN_IN_MILLISECONDS = 250

/** Beside this file, with its ending: `js` in a build, `ts` under a loader, which threads do not inherit. */
const THREAD = new URL(`./endIfStuckThread${import.meta.url.slice(-3)}`, import.meta.url)
const WITH_LOADER = `import('tsx/esm/api').then(({ register }) => { register(); return import('${THREAD.href}') })`

/**
 * Ends the process, by SIGKILL, when its main thread stands still for so many seconds: a synchronous call into a PKCS#11
 * module that does not come back holds everything, also what would end the process in peace. Whoever started the process
 * starts the next one, which settles what was open. A process that was frozen and thawed goes on. Call it once.
 */
export function endIfStuck(name: string, seconds: number): void {
  const turns = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const workerData: Watch = { name, turns, seconds }
  const options = { workerData, env: {}, execArgv: [] }
  const isSource = THREAD.pathname.endsWith('.ts')
  // An error of the thread ends the process, too: it does not go on unwatched.
  new Worker(isSource ? WITH_LOADER : THREAD, { ...options, eval: isSource }).unref()
  setInterval(() => Atomics.add(turns, 0, 1), TURN_IN_MILLISECONDS).unref()
}

/** Ends the process as if it had been killed: threads that hang in a module would hold up any gentler end. */
export function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL')
}
