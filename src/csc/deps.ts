import type { V2Specs } from '../domain/specs.ts'
import type { Asynchronous } from '../ports/asynchronous.ts'
import type { EventContext, Audit } from '../ports/audit.ts'
import type { LoginLimiter } from '../ports/loginLimiter.ts'
import type { PdfRevisions } from '../ports/pdfRevisions.ts'
import type { Passwords } from '../ports/passwords.ts'
import type { RefusalTally } from '../ports/refusalTally.ts'
import type { Sam } from '../ports/sam.ts'
import type { SessionStore } from '../ports/sessionStore.ts'
import type { TimestampAuthority } from '../ports/timestampAuthority.ts'
import type { UserStore } from '../ports/userStore.ts'
import type { Caller } from '../domain/principal.ts'
import type { Clock } from '../domain/time.ts'

export interface ServiceTexts {
  readonly name: string
  readonly description: string
}

/** What the service says of itself. */
export interface ServiceInfo {
  readonly name: string
  /** ISO 3166-1 alpha-2. */
  readonly region: string
  /** RFC 5646. */
  readonly lang: string
  readonly description: string
  /** URI. */
  readonly logo: string
  /** Of version 2. */
  readonly specs: V2Specs
  /** By language, in place of the name and the description above. */
  readonly translations: Readonly<Record<string, ServiceTexts>>
}

/** What a method may need from outside. */
export interface Deps {
  readonly sam: Sam
  readonly sessions: SessionStore
  readonly users: UserStore
  readonly passwords: Passwords
  readonly loginLimiter: LoginLimiter
  readonly audit: Audit
  readonly refusals: RefusalTally
  readonly clock: Clock
  readonly service: ServiceInfo
  readonly tokens: { readonly accessSeconds: number; readonly refreshSeconds: number }
  /** Requests in operation mode A (v2). */
  readonly asynchronous: Asynchronous
  readonly pdfRevisions: PdfRevisions
  /** Undefined where none is configured: then there is no signatures/timestamp. */
  readonly timestamps: TimestampAuthority | undefined
  /** After which a v2 client that waits for its authorization gets a handle instead. */
  readonly authorizeWaitMilliseconds: number
  /** 32 bytes: page tokens are made with it. */
  readonly pageTokenKey: Buffer
}

/** Who and which request, for an event. */
export function contextOf(caller: Caller): Required<EventContext> {
  const { requestId, clientId, userId, signerId, familyId } = caller
  return { requestId, clientId, userId, signerId, familyId }
}
