import { SapFailure } from '../../sap/errors.ts'
import type { SamDeps } from '../deps.ts'

/** The client's name as an officer registered it. Throws `client_unknown`. */
export async function registeredClientName(deps: SamDeps, clientId: string): Promise<string> {
  const stored = await deps.records.read('client', clientId)
  if (stored === undefined) throw new SapFailure('client_unknown', 'the client is not registered')
  return stored.value.name
}
