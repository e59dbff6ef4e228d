import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import { looksLikeToken, tokenHash } from '../../domain/secrets.ts'
import type { StoredToken } from '../../ports/sessionStore.ts'
import { contextOf, type Deps } from '../deps.ts'

/**
 * CSC API v1.0.4.0 §11.3. A refresh token takes its whole login family with it: access tokens and SADs. An access
 * token goes alone, unless it was the family's last hold. A SAD of the caller's family is voided at the SAM. The hint
 * is only a hint. A token of another user or client is an unknown one (Refusal `revocation_unknown`).
 */
export async function revoke(deps: Deps, input: { caller: Caller; token: string }): Promise<void> {
  const { caller, token } = input
  const found = looksLikeToken(token) ? await deps.sessions.find(tokenHash(token)) : undefined
  if (found === undefined) return voidSad(deps, caller, token)
  if (!isOwn(found, caller)) throw new Refusal('revocation_unknown', { detail: "another's token" })

  const now = deps.clock.now()
  const { familyId } = found.principal
  if (found.kind === 'access') {
    const others = { familyId, besides: tokenHash(token) }
    if (await deps.sessions.isHeld(others, now)) {
      await deps.sessions.revoke(tokenHash(token), now)
      await deps.audit.record({ ...contextOf(caller), type: 'token-revoked', what: 'access' })
      // Again, since the others may have been revoked at the same time.
      if (await deps.sessions.isHeld(others, now)) return
    }
  }
  const voidSads = (): Promise<number> =>
    deps.sam.voidSad({ requestId: caller.requestId, familyId }, undefined)
  // At the SAM first: if it is away, the caller's token still works and the revocation can be asked for again.
  await voidSads()
  await deps.sessions.end(familyId, now)
  // Once more for an authorization that was under way meanwhile.
  await voidSads()
  await deps.audit.record({ ...contextOf(caller), familyId, type: 'token-revoked', what: 'family' })
}

function isOwn(found: StoredToken, caller: Caller): boolean {
  return found.principal.userId === caller.userId && found.principal.clientId === caller.clientId
}

async function voidSad(deps: Deps, caller: Caller, sad: string): Promise<void> {
  const voided = await deps.sam.voidSad(caller, sad)
  if (voided === 0) throw new Refusal('revocation_unknown', { detail: 'neither token nor SAD' })
  await deps.audit.record({ ...contextOf(caller), type: 'token-revoked', what: 'sad' })
}
