import { CLAUSES, clauseOf, type Clause } from '../../clauses.ts'
import { OUTCOMES } from '../../outcome.ts'
import type { Result } from '../../run/runCases.ts'
import { outcomeWord, STANDARDS, tally, type VersionRun } from '../report.ts'
import { markup, type Markup } from './markup.ts'

/** A clause with the results of its cases. */
export interface ClauseResults {
  readonly clause: Clause
  readonly results: readonly Result[]
}

/** Every clause of a version, in order, also those without a case; then the clauses of cases that are about another one. */
export function byClause({ version, results }: VersionRun): readonly ClauseResults[] {
  const listed = CLAUSES.filter((one) => one.version === version)
  const strayed = results
    .filter((one) => clauseOf(one.case) === undefined)
    .map(({ case: { clause, method } }) => ({ version, number: clause, title: method }))
  const others = [...new Map(strayed.map((one) => [one.number, one])).values()]
  return [...listed, ...others].map((clause) => ({
    clause,
    results: results.filter((one) => (clauseOf(one.case)?.number ?? one.case.clause) === clause.number),
  }))
}

/** Anchor of a clause's cases. */
export function clauseAnchor({ version, number }: Pick<Clause, 'version' | 'number'>): string {
  return `${version}-${number}`
}

/** The table of clauses with the number of cases by outcome. */
export function clauseSummary(run: VersionRun): Markup {
  return markup`<table class="clauses">
    <caption>
      ${STANDARDS[run.version]} at ${run.baseUrl}
    </caption>
    <thead>
      <tr>
        <th scope="col">Clause</th>
        <th scope="col">About</th>
        ${OUTCOMES.map((outcome) => markup`<th scope="col" class="count">${outcomeWord(outcome)}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${byClause(run).map(rowOf)}
    </tbody>
  </table>`
}

function rowOf({ clause, results }: ClauseResults): Markup {
  const { number, title, judgedWith } = clause
  if (results.length === 0)
    return markup`<tr class="without">
      <th scope="row">${number}</th>
      <td class="about">${title}</td>
      <td class="none" colspan="${OUTCOMES.length}">
        ${judgedWith === undefined ? 'no case in this run' : `no case of its own: ${judgedWith}`}
      </td>
    </tr> `
  const counts = tally(results)
  return markup`<tr>
    <th scope="row"><a href="#${clauseAnchor(clause)}">${number}</a></th>
    <td class="about">${title}</td>
    ${OUTCOMES.map((outcome) => markup`<td class="count ${outcome}${counts[outcome] === 0 ? ' zero' : ''}" data-word="${outcomeWord(outcome)}">${counts[outcome]}</td>`)}
  </tr> `
}
