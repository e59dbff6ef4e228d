import { withoutSecretMembers } from './secretMembers.ts'

/** What came back for one request. */
export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown
}

const MAX_SHOWN = 300

/** An answer in one line. */
export function shown({ status, text }: Answer): string {
  const masked = withoutSecretMembers(text)
  return `${status} ${masked.length > MAX_SHOWN ? `${masked.slice(0, MAX_SHOWN)}…` : masked}`.trim()
}
