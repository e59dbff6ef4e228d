import { Conflict } from './writer.ts'

const MAX_TRIES = 20

/** Runs a read-prepare-put step again from its reads on while another writer was faster. */
export async function retryConflicts<T>(step: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await step()
    } catch (error) {
      if (!(error instanceof Conflict) || tries >= MAX_TRIES) throw error
    }
  }
}
