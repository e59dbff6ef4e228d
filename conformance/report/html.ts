import { createHash } from 'node:crypto'
import { OUTCOMES, type Outcome } from '../outcome.ts'
import { caseSections } from './html/cases.ts'
import { head } from './html/head.ts'
import { markup, Markup } from './html/markup.ts'
import { STYLE } from './html/style.ts'
import { clauseSummary } from './html/summary.ts'
import { outcomeWord, tally, type Report } from './report.ts'

/**
 * The report as one page: no script, and nothing that is loaded, which its own policy forbids as well. What the service
 * said stands in it as text only.
 */
export function htmlReport(report: Report): string {
  const { runs } = report
  const name = runs.map(({ baseUrl }) => baseUrl).join(', ')
  return markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy()}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>CSC conformance of ${name}</title>
        <style>${Markup.trusted(STYLE)}</style>
      </head>
      <body>
        ${head(report)}
        <main>
          <h2 id="clauses">Summary by clause</h2>
          ${runs.map(clauseSummary)}
          <h2 id="cases">Cases</h2>
          ${filtered(report)}
        </main>
      </body>
    </html>`.text
}

function policy(): string {
  const digest = createHash('sha256').update(STYLE).digest('base64')
  return `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`
}

/** The radio buttons stand before what they filter, which the style sheet shows or hides by the one that is checked. */
function filtered({ runs }: Report): Markup {
  const results = runs.flatMap((run) => run.results)
  const counts = tally(results)
  const present = OUTCOMES.filter((outcome) => counts[outcome] > 0)
  const label = (id: 'all' | Outcome, text: string, count: number): Markup =>
    markup`<label for="show-${id}" class="filter ${id}">${text} <b>${count}</b></label>`
  return markup`<div class="filtered">
    <input type="radio" name="show" id="show-all" checked />
    ${present.map((outcome) => markup`<input type="radio" name="show" id="show-${outcome}" />`)}
    <p class="filters" role="group" aria-label="Filter by outcome">
      ${label('all', 'all', results.length)}
      ${present.map((outcome) => label(outcome, outcomeWord(outcome), counts[outcome]))}
    </p>
    ${runs.map(caseSections)}
  </div>`
}
