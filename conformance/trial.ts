import { setTimeout as sleep } from 'node:timers/promises'
import type { Account, User } from './account/account.ts'
import type { FactorValues } from './account/factorValues.ts'
import type { ErrorTables } from './errorTables.ts'
import { Unanswered } from './outcome.ts'
import type { ApiVersion } from './section.ts'
import type { Answer } from './wire/answer.ts'
import type { Message, Service } from './wire/service.ts'
import { secretMembersOf } from './wire/secretMembers.ts'
import type { Secrets } from './wire/secrets.ts'

/** What is known of a service during a run, shared by its cases. */
export interface Run {
  readonly version: ApiVersion
  readonly service: Service
  readonly account: Account
  readonly errors: ErrorTables
  readonly secrets: Secrets
  readonly factorValues: FactorValues
  /** The longest that a case may wait for something to expire, in seconds. */
  readonly maxWaitSeconds: number
  /** What earlier cases learned: the acts keep tokens and credentials here, by a key of their own. */
  readonly learned: Map<string, unknown>
}

/** A request and its answer, with secrets masked. */
export interface Exchange {
  readonly request: string
  readonly answer: string
}

/** How a request differs from the usual one: a POST of JSON with the user's service token. */
export interface How {
  /** Whose token; the user's unless it says otherwise. */
  readonly as?: User
  /** Value of the Authorization header; `undefined` sends none. Absent: the token of `as`. */
  readonly authorization?: string | undefined
  /** `undefined` sends none. */
  readonly contentType?: string | undefined
  readonly verb?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Instead of the usual set of connections. */
  readonly over?: Service
}

const SECOND = 1000

/** One case as it runs: the run's things, and what the case leaves behind. */
export interface Trial extends Run {
  /** A request as it stands. Throws Unanswered, a Refuted, when there is no answer. */
  send(message: Message, over?: Service): Promise<Answer>
  /** Lets time go by; other cases may act meanwhile (`waits` and `alone` of the case). */
  wait(seconds: number): Promise<void>
  /** Something that an auditor wants to know though the rule holds, such as which reading of the standard was seen. */
  note(text: string): void
  /** Something that a SHOULD asks for and that is not so: the case ends `warned`. */
  warn(text: string): void
  /** What this case alone goes on with: the acts keep its tokens here, by the keys of `learned`. */
  readonly held: Map<string, unknown>
  readonly exchanges: readonly Exchange[]
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
  /** Whether a request of the case got no answer. */
  hasMissed(): boolean
}

/** `wait` gets milliseconds. */
export function createTrial(run: Run, wait: (milliseconds: number) => Promise<unknown> = sleep): Trial {
  const exchanges: Exchange[] = []
  const notes: string[] = []
  const warnings: string[] = []
  let hasMissed = false
  const kept = (text: string): string => cut(run.secrets.mask(text.slice(0, MAX_SEARCHED)))
  const keep = (message: Message, answer: string): void => {
    exchanges.push({ request: kept(written(message)), answer: kept(answer) })
  }
  return {
    ...run,
    held: new Map(),
    exchanges,
    notes,
    warnings,
    hasMissed: () => hasMissed,
    async wait(seconds) {
      await wait(seconds * SECOND)
    },
    note: (text) => notes.push(run.secrets.mask(text)),
    warn: (text) => warnings.push(run.secrets.mask(text)),
    async send(message, over = run.service) {
      try {
        const answer = await over.send(message)
        learnSecrets(run.secrets, answer)
        keep(message, writtenAnswer(answer))
        return answer
      } catch (cause) {
        hasMissed ||= cause instanceof Unanswered
        keep(message, cause instanceof Error ? cause.message : String(cause))
        throw cause
      }
    },
  }
}

function learnSecrets(secrets: Secrets, { text }: Answer): void {
  for (const { name, value } of secretMembersOf(text)) secrets.add(value, name)
}

const MAX_KEPT = 4096
/** Masked before it is cut: the half of a secret would not be found. */
const MAX_SEARCHED = 1024 * 1024

function written({ verb, path, headers, body }: Message): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`${verb} ${path}`, ...lines, '', body === undefined ? '' : body.toString()].join('\n')
}

function writtenAnswer({ status, headers, text }: Answer): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [String(status), ...lines, '', text].join('\n')
}

function cut(text: string): string {
  return text.length > MAX_KEPT ? `${text.slice(0, MAX_KEPT)}… (cut)` : text
}
