import type { Canonical } from '../../sap/canonical.ts'

/** Every kind of event that the SAM's journal knows. */
export type EventType =
  | 'SAM_STARTED'
  | 'SAM_STOPPED'
  | 'SAM_LOCKED'
  | 'JOURNAL_WRITABLE'
  | 'CLOCK_WRONG'
  | 'STATE_ACCEPTED'
  | 'PEER_ENROLLED'
  | 'CLIENT_REGISTERED'
  | 'SIGNER_CREATED'
  | 'FACTOR_ENROLMENT_BEGUN'
  | 'FACTOR_ENROLLED'
  | 'FACTOR_ATTEMPTED'
  | 'FACTOR_LOCKED'
  | 'FACTOR_UNLOCKED'
  | 'FACTOR_CHANGE_ASKED'
  | 'FACTOR_CHANGE_PROVED'
  | 'FACTOR_CHANGE_CANCELLED'
  | 'FACTOR_RESET'
  | 'FACTOR_REMOVED'
  | 'KEY_GENERATED'
  | 'CERTIFICATION_REQUESTED'
  | 'CERTIFICATE_LINKED'
  | 'KEY_SUSPENDED'
  | 'KEY_RESUMED'
  | 'KEY_DESTROYED'
  | 'OTP_MADE'
  | 'OTP_NOT_DELIVERED'
  | 'OTPS_DELETED'
  | 'AUTHORIZED'
  | 'EXTENDED'
  | 'SAD_VOIDED'
  | 'SIGNING'
  | 'SIGNED'
  | 'SIGNING_RELEASED'
  | 'SIGNING_FAILED'
  | 'OUTCOME_UNKNOWN'
  | 'SIGNATURE_WRONG'
  | 'REFUSED'
  | 'CONNECTION_REJECTED'

/**
 * One event. `fields` are ids, digests, counts and codes: never a PIN, an OTP, a SAD, a token, or the name of a
 * person. A label that a client gave is not written either.
 */
export interface JournalEvent {
  readonly type: EventType
  readonly requestId?: string | undefined
  readonly fields: Readonly<Record<string, Canonical>>
}
