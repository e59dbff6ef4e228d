import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import type { PreparedRecord } from '../state/records.ts'
import { retryConflicts } from '../state/retryConflicts.ts'

/** Registers a signature application, or gives it another name. Messages to signers show this name. */
export async function registerClient(
  deps: SamDeps,
  request: SamRequest<'registerClient'>,
): Promise<SamAnswer<'registerClient'>> {
  deps.state.requireOperational()
  const { requestId, clientId, name } = request
  await retryConflicts(async () => {
    const next = await prepare(deps, clientId, name)
    await deps.writer.write(async (unit) => {
      await deps.records.put(unit, next)
      unit.record({ type: 'CLIENT_REGISTERED', requestId, fields: { clientId, name } })
    })
  })
  return {}
}

async function prepare(deps: SamDeps, clientId: string, name: string): Promise<PreparedRecord> {
  const value = { name, registeredAt: deps.clock.now() }
  const stored = await deps.records.read('client', clientId)
  return stored === undefined
    ? deps.records.prepareNew('client', clientId, value)
    : deps.records.prepareNext(stored, value)
}
