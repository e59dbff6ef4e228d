import { Refusal } from '../domain/errors.ts'
import type { Caller } from '../domain/principal.ts'
import { looksLikeToken, tokenHash } from '../domain/secrets.ts'
import type { Deps } from './deps.ts'

/**
 * CSC API v1.0.4.0 §8.1, §10: the caller that a service access token proves. A token serves only the client that it
 * was issued to. Throws Refusal `token_invalid`, `token_expired`.
 */
export async function callerOfToken(
  deps: Deps,
  input: { readonly token: string; readonly clientId: string; readonly requestId: string },
): Promise<Caller> {
  if (!looksLikeToken(input.token))
    throw new Refusal('token_invalid', { detail: 'not a token of this service' })
  const stored = await deps.sessions.find(tokenHash(input.token))
  if (stored?.kind !== 'access') throw new Refusal('token_invalid', { detail: 'unknown token' })
  if (stored.principal.clientId !== input.clientId)
    throw new Refusal('token_invalid', { detail: `token of another client than ${input.clientId}` })
  if (stored.isRevoked) throw new Refusal('token_expired', { detail: 'revoked' })
  if (stored.expiresAt <= deps.clock.now()) throw new Refusal('token_expired', { detail: 'expired' })
  return { ...stored.principal, requestId: input.requestId }
}
