import { SapFailure } from '../../sap/errors.ts'
import type { OpenedActivation } from '../activation/ledger.ts'
import type { SamDeps } from '../deps.ts'
import { ownedKey } from './ownedKey.ts'

interface SadUse {
  readonly signerId: string
  readonly clientId: string
  readonly familyId: string
  readonly credentialId: string
  readonly sad: string
}

/**
 * The activation behind a SAD, if it is this signer's, this client's, of this login, for this credential. Anything
 * else is `sad_invalid`, as if there were none; the activation itself is untouched. A SAD that is this signer's, with
 * a credential that is not, is `credential_unknown`.
 */
export async function openedSad(deps: SamDeps, use: SadUse): Promise<OpenedActivation> {
  const opened = await deps.ledger.find(deps.reads, use.sad)
  if (opened === undefined) throw new SapFailure('sad_invalid', 'no such SAD')
  const { signerId, clientId, familyId, credentialId } = opened.entry
  const misuse = (what: string): SapFailure =>
    new SapFailure('sad_invalid', `the SAD of activation ${opened.row.id} was used with another ${what}`)
  if (signerId !== use.signerId) throw misuse('signer')
  if (clientId !== use.clientId) throw misuse('client')
  if (familyId !== use.familyId) throw misuse('login')
  if (credentialId !== use.credentialId) {
    await ownedKey(deps, use.signerId, use.credentialId)
    throw misuse('credential')
  }
  return opened
}
