import type { Case } from './case.ts'
import type { ApiVersion } from './section.ts'

/** A clause of the standard: its number in this version's text, and what it is about in our own words. */
export interface Clause {
  readonly version: ApiVersion
  readonly number: string
  readonly title: string
  /** Present: no case is about it alone, and why. */
  readonly judgedWith?: string
}

type Written = readonly [number: string, title: string, judgedWith?: string]

const V1: readonly Written[] = [
  ['7.1', 'Requests and answers: POST, JSON, HTTP'],
  ['7.2', 'Base URI of the service'],
  ['7.3', 'Protection of the connection'],
  ['7.4', 'What every service must offer', 'judged with 11.1'],
  ['8.1', 'Authorization to use the service', 'judged with 11.2 and the header of each method'],
  ['8.2', 'Authorization to use a credential', 'judged with 11.6 and the signatures'],
  ['10', 'Statuses and errors'],
  ['10.1', 'The error object and the common errors', 'judged with 10 and the errors of each method'],
  ['11.1', 'info'],
  ['11.2', 'auth/login'],
  ['11.3', 'auth/revoke'],
  ['11.4', 'credentials/list'],
  ['11.5', 'credentials/info'],
  ['11.6', 'credentials/authorize'],
  ['11.7', 'credentials/extendTransaction'],
  ['11.8', 'credentials/sendOTP'],
  ['11.9', 'signatures/signHash'],
  ['11.10', 'signatures/timestamp'],
]

const SEALS = 'it adds no method, and nothing that differs on the wire'

const V2: readonly Written[] = [
  ['7.1', 'Requests and answers: POST, JSON, HTTP'],
  ['7.2', 'Base URI of the service'],
  ['7.3', 'Protection of the connection'],
  ['7.4', 'What every service must offer', 'judged with 11.1'],
  ['7.5', 'Data of the client'],
  ['7.6', 'How algorithms are named', 'judged with 11.1, 11.5 and 11.10'],
  ['8.1', 'Authorization to use the service', 'judged with 11.2 and the header of each method'],
  ['8.2', 'Authorization to use a credential', 'judged with 11.6 and the signatures'],
  ['8.3', 'Authorization with factors that the client collects', 'judged with 11.6 to 11.8'],
  ['8.3.1', 'Objects that describe the factors', 'judged with 11.5 and 11.6'],
  ['8.5', 'Electronic seals (with 8.5.1 to 8.5.3)', SEALS],
  ['10', 'Statuses and errors'],
  ['10.1', 'The error object and the common errors', 'judged with 10 and the errors of each method'],
  ['11.1', 'info'],
  ['11.2', 'auth/login'],
  ['11.3', 'auth/revoke'],
  ['11.4', 'credentials/list'],
  ['11.5', 'credentials/info'],
  ['11.6', 'credentials/authorize'],
  ['11.7', 'credentials/authorizeCheck'],
  ['11.8', 'credentials/getChallenge'],
  ['11.9', 'credentials/extendTransaction'],
  ['11.10', 'signatures/signHash'],
  ['11.11', 'signatures/signDoc'],
  ['11.12', 'signatures/signPolling'],
  ['11.13', 'signatures/timestamp'],
]

/** The clauses 7, 8, 10 and 11 of both versions, in order, without what is OAuth (8.3 of version 1, 8.4 of version 2). */
export const CLAUSES: readonly Clause[] = [...written('v1', V1), ...written('v2', V2)]

function written(version: ApiVersion, clauses: readonly Written[]): readonly Clause[] {
  return clauses.map(([number, title, judgedWith]) => ({
    version,
    number,
    title,
    ...(judgedWith === undefined ? {} : { judgedWith }),
  }))
}

/** The clause, or the nearest above it, that a case is about: `8.3.1.3` belongs to 8.3.1. Undefined for one outside of the list. */
export function clauseOf({ version, clause }: Pick<Case, 'version' | 'clause'>): Clause | undefined {
  return CLAUSES.filter(
    (one) => one.version === version && (clause === one.number || clause.startsWith(`${one.number}.`)),
  ).sort((one, other) => other.number.length - one.number.length)[0]
}
