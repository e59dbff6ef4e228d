/**
 * What one refusal has in common with others. All of it is the service's own words and ids: the kinds are few. (A type
 * and no interface: only so it is known to have no other members than these texts, as canonical JSON demands.)
 */
export type RefusalKind = {
  readonly operation: string
  readonly clientId: string
  /** Of a login: the user who was named, if there is such a user. */
  readonly userId?: string
  readonly error: string
  readonly reason: string
  readonly detail?: string
}

/**
 * Refusals of callers who did not prove who they are. They can be had for nothing, so the journal gets their numbers,
 * once a minute, and never a record of each.
 */
export interface RefusalTally {
  count(kind: RefusalKind): void
}
