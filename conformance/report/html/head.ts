import type { Outcome } from '../../outcome.ts'
import { textAt, textsAt } from '../../json.ts'
import { SUITE_VERSION } from '../../version.ts'
import type { Result } from '../../run/runCases.ts'
import { STANDARDS, tallied, tally, type Report, type VersionRun } from '../report.ts'
import { anchorOf } from './cases.ts'
import { markup, prose, type Content, type Markup } from './markup.ts'

/** What was tested, when and how, and what came of it. */
export function head(report: Report): Markup {
  return markup`<header>
    <p class="kicker">Conformance to the API of the Cloud Signature Consortium</p>
    <h1>${serviceName(report)}</h1>
    ${report.isInterrupted ? markup`<p class="interrupted">The run was ended before its end. What was not reached is “not run”.</p>` : ''}
    ${report.runs.map(verdict)} ${facts(rowsOf(report))} ${report.runs.map(described)} ${outcomeWords()}
  </header>`
}

function serviceName({ runs }: Report): string {
  const names = runs.map(({ info, baseUrl }) => textAt(info, 'name') ?? baseUrl)
  return [...new Set(names)].join(', ')
}

function verdict({ version, results, halted }: VersionRun): Markup {
  const bad = results.filter(({ outcome }) => outcome === 'failed' || outcome === 'broken')
  const isGood =
    bad.length === 0 && halted === undefined && results.some(({ outcome }) => outcome === 'passed')
  return markup`<section class="verdict ${isGood ? 'good' : 'bad'}">
    <h2>${STANDARDS[version]}: ${halted === undefined ? '' : 'it ended early, '}${sentenceOf(results)}</h2>
    <p>${results.length} cases: ${tallied(results)}.</p>
    ${halted === undefined ? '' : markup`<p>It could not go on: ${prose(halted)}.</p>`}
    ${
      bad.length === 0
        ? ''
        : markup`<ul>
            ${bad.map(
              ({ case: one, outcome }) =>
                markup`<li>
                  <a href="#${anchorOf(one)}"><code>${one.id}</code></a>
                  <span class="word ${outcome}">${outcome}</span> ${prose(one.rule)}
                </li>`,
            )}
          </ul>`
    }
  </section>`
}

function sentenceOf(results: readonly Result[]): string {
  const { failed, broken, passed } = tally(results)
  const sentences = [
    ...(failed === 0 ? [] : [failed === 1 ? 'one case failed' : `${failed} cases failed`]),
    ...(broken === 0 ? [] : [broken === 1 ? 'one could not be judged' : `${broken} could not be judged`]),
  ]
  if (sentences.length > 0) return sentences.join(', ')
  return passed > 0 ? 'no case failed' : 'nothing was shown'
}

function rowsOf({ runs, began, ended, options }: Report): readonly (readonly [string, Content])[] {
  return [
    ...runs.map(({ version, baseUrl }) => [`Base URI, ${version}`, markup`<code>${baseUrl}</code>`] as const),
    ['Run', `${stamp(began)} to ${stamp(ended)} UTC`],
    ['Suite', `chancery-conformance ${SUITE_VERSION}`],
    ['Options', options.length === 0 ? 'none' : options.map((one) => markup`<code>${one}</code> `)],
  ]
}

function described({ version, info }: VersionRun): Markup {
  const members: readonly (readonly [string, string])[] = [
    ['Name', textAt(info, 'name') ?? ''],
    ['Description', textAt(info, 'description') ?? ''],
    ['Specification', textAt(info, 'specs') ?? ''],
    ['Region', textAt(info, 'region') ?? ''],
    ['Authorization', textsAt(info, 'authType').join(', ')],
    ['Methods', textsAt(info, 'methods').join(', ')],
  ]
  return markup`<details class="info">
    <summary>What the service says of itself (<code>info</code>, ${version})</summary>
    ${facts(members.filter(([, text]) => text !== ''))}
    <pre>${info === undefined ? 'nothing' : JSON.stringify(info, undefined, 2)}</pre>
  </details>`
}

function facts(rows: readonly (readonly [string, Content])[]): Markup {
  return markup`<dl>
    ${rows.map(
      ([name, value]) =>
        markup`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`
}

const MEANINGS: Readonly<Record<Outcome, string>> = {
  passed: 'the rule was seen to hold',
  failed: 'the service did not do what a SHALL asks for',
  warned: 'it did not do what a SHOULD or a MAY says, or something is worth knowing',
  'not-offered': 'the service itself says that it does not have what the case is about',
  'not-run': 'the account file does not give what the case takes, or it was not asked for',
  broken: 'the suite itself failed, which says nothing of the service',
}

function outcomeWords(): Markup {
  const rows = Object.entries(MEANINGS).map(
    ([outcome, meaning]) => [outcome.replace('-', ' '), meaning] as const,
  )
  return markup`<details class="info">
    <summary>What the outcomes mean</summary>
    ${facts(rows)}
  </details>`
}

function stamp(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ')
}
