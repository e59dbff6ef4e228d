import { FACTOR_KINDS, type SamAnswer, type SamFactor, type SamRequest } from '../../sap/operations.ts'
import { masked } from '../channels/channels.ts'
import type { SamDeps } from '../deps.ts'
import { isLocked } from '../factors/attempt.ts'
import { factorId } from '../factors/factorId.ts'
import { current, waiting } from '../factors/life.ts'
import type { Stored } from '../state/records.ts'

/** The signer's factors; of a destination only as much as the signer needs to recognise it. */
export async function factors(deps: SamDeps, request: SamRequest<'factors'>): Promise<SamAnswer<'factors'>> {
  const found = await Promise.all(
    FACTOR_KINDS.map((kind) => deps.records.read('factor', factorId(kind, request.signerId))),
  )
  return {
    factors: found
      .filter((stored) => stored !== undefined)
      .map((stored) => shown(deps, stored))
      .filter((factor) => factor !== undefined),
  }
}

function shown(deps: SamDeps, { id, value }: Stored<'factor'>): SamFactor | undefined {
  const now = deps.clock.now()
  const working = current(value, now)
  const change = waiting(value, now)
  if (working === undefined && change === undefined) return undefined
  return {
    factorId: id,
    kind: value.kind,
    state: working === undefined ? 'PENDING' : isLocked(working, deps.config.lockAfter) ? 'LOCKED' : 'ACTIVE',
    destination: shownDestination(working?.destination),
    ...(change && {
      change: {
        action: change.action,
        destination: shownDestination(change.destination),
        worksInSeconds: Math.ceil((change.worksAt - now) / 1000),
      },
    }),
  }
}

const shownDestination = (destination: string | undefined): string =>
  destination === undefined ? '' : masked(destination)
