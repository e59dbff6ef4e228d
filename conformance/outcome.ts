/**
 * What became of a case. `not-offered`: the service says itself that it does not have it. `not-run`: the account file
 * does not give what it takes, or it was not asked for. `broken`: this suite failed, which says nothing of the service.
 */
export const OUTCOMES = ['passed', 'failed', 'warned', 'not-offered', 'not-run', 'broken'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What the service did is not what the rule says. */
export class Refuted extends Error {
  override readonly name: string = 'Refuted'
}

/** No answer came: the connection could not be made, ended, or stayed silent. */
export class Unanswered extends Refuted {}

/** The service says itself that it does not have what the case is about. */
export class NotOffered extends Error {
  override readonly name = 'NotOffered'
}

/** The case needs something that this run was not given; the message says what. */
export class NotRun extends Error {
  override readonly name: string = 'NotRun'
}
