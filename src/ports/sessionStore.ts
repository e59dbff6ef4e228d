import type { Principal } from '../domain/principal.ts'

export type TokenKind = 'access' | 'refresh'

/** A stored token. The token itself is known to nobody but its holder. */
export interface StoredToken {
  readonly kind: TokenKind
  readonly principal: Principal
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Revoked itself, or its family has ended. */
  readonly isRevoked: boolean
}

export interface NewToken {
  readonly hash: string
  readonly kind: TokenKind
  readonly expiresAt: number
}

/** Login families and their tokens; each is known by the SHA-256 of its text. Durable on return. */
export interface SessionStore {
  /** Starts a login family with its first tokens. */
  start(principal: Principal, tokens: readonly NewToken[], now: number): Promise<void>
  /** Adds tokens to a family that has not ended. False if it has. */
  add(familyId: string, tokens: readonly NewToken[], now: number): Promise<boolean>
  find(hash: string): Promise<StoredToken | undefined>
  /** Revokes one token. False if it was revoked already: whoever gets true did it. */
  revoke(hash: string, now: number): Promise<boolean>
  /** Revokes a family and every token in it. False if it had ended. */
  end(familyId: string, now: number): Promise<boolean>
  /** Whether the family has a token that may still be used, besides the one of this hash. */
  isHeld(others: { readonly familyId: string; readonly besides: string }, now: number): Promise<boolean>
}
