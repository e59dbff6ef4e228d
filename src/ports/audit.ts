import type { RefusalKind } from './refusalTally.ts'

/** What happened, for the SSA's journal. No event holds a secret, a token or a SAD. */
export type AuditEvent = EventContext &
  (
    | { readonly type: 'login'; readonly username: string; readonly by: 'password' | 'refresh_token' }
    | {
        readonly type: 'refusals-counted'
        /** Of the first and after the last, milliseconds since 1970. */
        readonly from: number
        readonly until: number
        readonly counts: readonly (RefusalKind & { readonly count: number })[]
      }
    /** A refresh token that had been replaced came again: the family was ended. */
    | { readonly type: 'refresh-token-reused' }
    | { readonly type: 'token-revoked'; readonly what: 'access' | 'refresh' | 'family' | 'sad' }
    | { readonly type: 'otp-sent'; readonly credentialId: string; readonly isBound: boolean }
    | {
        readonly type: 'authorized'
        readonly credentialId: string
        readonly numberOfSignatures: number
        readonly grade: string
      }
    | { readonly type: 'extended'; readonly credentialId: string }
    | {
        readonly type: 'sign-requested'
        readonly credentialId: string
        readonly hashes: number
        readonly signAlgorithm: string
      }
    | { readonly type: 'sign-completed'; readonly credentialId: string; readonly signatures: number }
    /** A request in operation mode A: what it asks for follows in events of its own. */
    | { readonly type: 'async-accepted'; readonly operation: string; readonly credentialId: string }
    | {
        readonly type: 'async-failed'
        readonly operation: string
        readonly reason: string
        readonly detail?: string
      }
    | { readonly type: 'callback-delivered'; readonly attempt: number }
    | {
        readonly type: 'callback-failed'
        readonly attempt: number
        readonly isLast: boolean
        readonly reason: string
      }
    /** A verified time-stamp token was passed on. */
    | { readonly type: 'timestamped'; readonly hashAlgorithm: string }
    | {
        readonly type: 'refused'
        readonly operation: string
        readonly error: string
        readonly reason: string
        readonly detail?: string
      }
    | { readonly type: 'failed'; readonly operation: string; readonly reason: string }
  )

export interface EventContext {
  readonly requestId: string
  readonly clientId?: string
  readonly userId?: string
  readonly signerId?: string
  readonly familyId?: string
}

/** One line of the journal as it is read back. */
export interface JournalEntry {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly node: string
  readonly sequence: number
  readonly type: string
  /** Canonical JSON of the event. */
  readonly event: string
}

/** The SSA's journal: append-only, hash-chained. */
export interface Audit {
  /** Durable on return. Throws Refusal `unavailable` if it cannot be written: then what was asked must not be done. */
  record(event: AuditEvent): Promise<void>
  ofRequest(requestId: string): Promise<readonly JournalEntry[]>
  /** Whether the last write succeeded. */
  isWritable(): boolean
}
