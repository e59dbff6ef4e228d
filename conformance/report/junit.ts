import type { Result } from '../run/runCases.ts'
import { printable } from '../printable.ts'
import { SUITE_VERSION } from '../version.ts'
import { needsEvidence, tally, type Report, type VersionRun } from './report.ts'

/**
 * The report as JUnit XML: a suite for each method of each version. What failed is a failure, what broke an error, what
 * was not run or is not offered is skipped and says why; warnings and notes are in `system-out`.
 */
export function junitReport({ runs }: Report): string {
  const results = runs.flatMap((run) => run.results)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="chancery-conformance ${SUITE_VERSION}" ${counted(results)}>`,
    ...runs.flatMap(suitesOf),
    '</testsuites>',
    '',
  ].join('\n')
}

function suitesOf(run: VersionRun): readonly string[] {
  const methods = [...new Set(run.results.map((one) => one.case.method))]
  return methods.flatMap((method) => {
    const results = run.results.filter((one) => one.case.method === method)
    return [
      `<testsuite name="${text(`${run.version} ${method}`)}" ${counted(results)}>`,
      `<properties>${propertiesOf(run)}</properties>`,
      ...results.flatMap(testCaseOf),
      '</testsuite>',
    ]
  })
}

function propertiesOf({ baseUrl, halted }: VersionRun): string {
  const properties = { 'base-url': baseUrl, ...(halted === undefined ? {} : { halted }) }
  return Object.entries(properties)
    .map(([name, value]) => `<property name="${name}" value="${text(value)}"/>`)
    .join('')
}

function counted(results: readonly Result[]): string {
  const { failed, broken, 'not-run': notRun, 'not-offered': notOffered } = tally(results)
  const milliseconds = results.reduce((sum, one) => sum + one.milliseconds, 0)
  return `tests="${results.length}" failures="${failed}" errors="${broken}" skipped="${notRun + notOffered}" time="${seconds(milliseconds)}"`
}

function testCaseOf(result: Result): readonly string[] {
  const { case: one, milliseconds } = result
  return [
    `<testcase classname="${text(`${one.version}.${one.method}`)}" name="${text(one.id)}" time="${seconds(milliseconds)}">`,
    ...verdictOf(result),
    ...said(result),
    '</testcase>',
  ]
}

function verdictOf(result: Result): readonly string[] {
  const { case: one, outcome, reason } = result
  if (outcome === 'failed' || outcome === 'broken') {
    const tag = outcome === 'failed' ? 'failure' : 'error'
    const [first = ''] = reason.split('\n')
    return [
      `<${tag} type="${text(`${one.level} ${one.clause}`)}" message="${text(first)}">`,
      text([one.rule, reason, ...evidence(result)].join('\n\n')),
      `</${tag}>`,
    ]
  }
  if (outcome === 'not-run' || outcome === 'not-offered')
    return [`<skipped message="${text(`${outcome.replace('-', ' ')}: ${reason}`)}"/>`]
  return []
}

function said(result: Result): readonly string[] {
  const { outcome, reason, notes } = result
  const lines = [
    ...(outcome === 'warned' ? [`warned: ${reason}`, ...evidence(result)] : []),
    ...notes.map((note) => `seen: ${note}`),
  ]
  return lines.length === 0 ? [] : [`<system-out>${text(lines.join('\n'))}</system-out>`]
}

function evidence(result: Result): readonly string[] {
  if (!needsEvidence(result)) return []
  return result.exchanges.map(({ request, answer }, index) =>
    [`request ${index + 1}:`, request, `answer ${index + 1}:`, answer].join('\n'),
  )
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3)
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** XML 1.0 has no place for control characters, escaped or not: they are shown as `\u0000`. */
function text(value: string): string {
  return printable(value).replace(/[&<>"]/g, (one) => ENTITIES[one] ?? '')
}
