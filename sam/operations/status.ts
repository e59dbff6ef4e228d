import type { SamAnswer } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'

/** Asks the token and the database anew, so that the answer is true now. */
export async function status(deps: SamDeps): Promise<SamAnswer<'status'>> {
  const hsm = await succeeds(deps.hsm.check())
  deps.state.setHsmAnswers(hsm)
  const database = await succeeds(Promise.resolve(deps.database.read.raw('SELECT 1')))
  return {
    state: deps.state.name(),
    profile: deps.config.profile,
    hsm,
    database,
    journal: deps.writer.isHealthy,
  }
}

async function succeeds(attempt: Promise<unknown>): Promise<boolean> {
  try {
    await attempt
    return true
  } catch {
    return false
  }
}
