import { attackText } from '../../attacks.ts'
import type { Case } from '../../case.ts'
import { OUTCOMES } from '../../outcome.ts'
import type { Result } from '../../run/runCases.ts'
import type { Exchange } from '../../trial.ts'
import { needsEvidence, outcomeWord, STANDARDS, tally, type VersionRun } from '../report.ts'
import { markup, prose, type Markup } from './markup.ts'
import { byClause, clauseAnchor, type ClauseResults } from './summary.ts'

/** Anchor of a case. */
export function anchorOf({ id }: Case): string {
  return `case-${id.replace(/[^A-Za-z0-9]+/g, '-')}`
}

/** The cases of a version under their clauses. */
export function caseSections(run: VersionRun): Markup {
  const groups = byClause(run).filter(({ results }) => results.length > 0)
  return markup`<section class="version ${presence(run.results)}">
    <h3>${STANDARDS[run.version]}</h3>
    ${groups.map(groupOf)}
  </section> `
}

function groupOf({ clause, results }: ClauseResults): Markup {
  return markup`<section class="group ${presence(results)}" id="${clauseAnchor(clause)}">
    <h4>${clause.number} <span>${clause.title}</span></h4>
    ${results.map(caseOf)}
  </section> `
}

/** A group is hidden when the filter leaves nothing in it: it says by class what it has. */
function presence(results: readonly Result[]): string {
  const counts = tally(results)
  return OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => `has-${outcome}`)
    .join(' ')
}

function caseOf(result: Result): Markup {
  const { case: one, outcome, reason, notes } = result
  return markup`<article class="case ${outcome}" id="${anchorOf(one)}">
    <p class="what">
      <span class="word ${outcome}">${outcomeWord(outcome)}</span> <code class="id">${one.id}</code>
      <span class="level">${one.level}, ${one.clause}</span>
    </p>
    <p class="rule">${prose(one.rule)}</p>
    ${reason === '' ? '' : markup`<p class="reason">${prose(reason)}</p>`}
    ${notes.map((note) => markup`<p class="note"><b>Note</b> ${prose(note)}</p>`)}
    ${one.destructive === undefined ? '' : markup`<p class="note"><b>Destructive</b> ${one.destructive}</p>`}
    ${one.waits === undefined ? '' : markup`<p class="note"><b>Waits</b> ${one.waits}</p>`}
    ${(one.attacks ?? []).map((id) => markup`<p class="note"><b>Against</b> ${attackText(id)}</p>`)}
    ${needsEvidence(result) ? evidenceOf(result) : ''}
  </article> `
}

function evidenceOf({ exchanges }: Result): Markup {
  if (exchanges.length === 0) return markup`<p class="note">Nothing was sent.</p>`
  const count = exchanges.length === 1 ? 'one request' : `${exchanges.length} requests`
  return markup`<details class="evidence">
    <summary>Evidence: ${count}</summary>
    ${exchanges.map(exchangeOf)}
  </details>`
}

function exchangeOf({ request, answer }: Exchange, index: number): Markup {
  return markup`<div class="exchange">
    <div>
      <h5>Request ${index + 1}</h5>
      <pre>${request}</pre>
    </div>
    <div>
      <h5>Answer ${index + 1}</h5>
      <pre>${answer}</pre>
    </div>
  </div>`
}
