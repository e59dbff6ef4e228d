import type { SamAnswer, SamCredential, SamRequest } from '../../sap/operations.ts'
import { asUsable } from '../activation/quarantine.ts'
import type { SamDeps } from '../deps.ts'
import type { Stored } from '../state/records.ts'

const PAGE = 100

/** A signer's credentials, in the order of their ids. One that is another signer's is as one that is not there. */
export async function credentials(
  deps: SamDeps,
  request: SamRequest<'credentials'>,
): Promise<SamAnswer<'credentials'>> {
  const { signerId, credentialId, after, limit } = request
  if (credentialId !== undefined) {
    const stored = await deps.records.read('key', credentialId)
    return { credentials: stored?.value.signerId === signerId ? [shown(deps, stored)] : [] }
  }
  const page = await deps.records.list('key', {
    owner: signerId,
    ...(after === undefined ? {} : { after }),
    limit: limit ?? PAGE,
  })
  return {
    credentials: page
      .filter((stored) => stored.value.signerId === signerId)
      .map((stored) => shown(deps, stored)),
  }
}

function shown(deps: SamDeps, stored: Stored<'key'>): SamCredential {
  const { id, value } = asUsable(deps, stored)
  const { description, state, keyType, chain, scal, multisign, factors, minimumGrade, lateHashes, signs } =
    value
  return {
    credentialId: id,
    description,
    state,
    keyType,
    chain,
    policy: {
      scal,
      multisign,
      factors,
      minimumGrade,
      lateHashes: lateHashes ?? false,
      signs: signs ?? 'both',
    },
  }
}
