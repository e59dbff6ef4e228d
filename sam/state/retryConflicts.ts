import { SapFailure } from '../../sap/errors.ts'
import { Conflict } from './writer.ts'

const MAX_TRIES = 20

/**
 * Runs a read-prepare-put step again from its reads on while another writer was faster. The step is told which try it
 * is: in the first it may use what its caller has just read. Throws `unavailable` if others were faster every time.
 */
export async function retryConflicts<T>(step: (tries: number) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await step(tries)
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      if (tries >= MAX_TRIES)
        throw new SapFailure('unavailable', 'other writers were faster every time', { cause: error })
    }
  }
}
