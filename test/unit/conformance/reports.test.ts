import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ATTACKS } from '../../../conformance/attacks.ts'
import { CASES } from '../../../conformance/cases/all.ts'
import { CLAUSES, clauseOf } from '../../../conformance/clauses.ts'
import { textAt } from '../../../conformance/json.ts'
import { htmlReport } from '../../../conformance/report/html.ts'
import { jsonReport } from '../../../conformance/report/json.ts'
import { junitReport } from '../../../conformance/report/junit.ts'
import { SUITE_VERSION } from '../../../conformance/version.ts'
import { sampleCase, sampleReport, sampleResult } from '../../support/conformance/sampleReport.ts'
import { parseXml, type XmlElement } from '../../support/parseXml.ts'

const HOSTILE = `</pre><script>alert('x')</script><img src="https://evil.example/a" onerror=x>&amp;"'\u001b[2J\u0000\u202e]]>`

describe('conformance: the HTML report', () => {
  const text = htmlReport(sampleReport())

  it('loads nothing, runs nothing and says so to the browser', () => {
    assert.doesNotMatch(text, /<script|<link|<img|<iframe|@import|url\(|src=|style=/)
    assert.match(text, /Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;sha256-/)
  })

  it('says what was tested, when, with what and how', () => {
    for (const part of [
      '<h1>Example</h1>',
      'https://service.example/csc/v1',
      '2026-03-01 10:00:00 to 2026-03-01 10:02:30 UTC',
      `chancery-conformance ${SUITE_VERSION}`,
      '--account account.yaml',
      'CSC API 1.0.4.0: one case failed, one could not be judged',
      '6 cases: 1 passed, 1 failed, 1 warned, 1 not offered, 1 not run, 1 broken.',
    ])
      assert.ok(text.includes(part), part)
  })

  it('counts by clause, and names every clause of the version', () => {
    assert.match(
      text,
      /<a href="#v1-11\.9">11\.9<\/a><\/th>\s*<td class="about">signatures\/signHash<\/td>\s*(<td class="count [a-z-]+" data-word="[a-z ]+">1<\/td>){6}/,
    )
    const others = CLAUSES.filter(({ version, number }) => version === 'v1' && number !== '11.9')
    for (const { number } of others) assert.ok(text.includes(`<th scope="row">${number}</th>`), number)
    assert.equal(text.match(/<th scope="row">/g)?.length, others.length + 1)
    assert.match(
      text,
      /11\.10<\/th>\s*<td class="about">signatures\/timestamp<\/td>\s*<td class="none" colspan="6">\s*no case in this run/,
    )
  })

  it('has a filter for each outcome that there is, and every case', () => {
    for (const outcome of ['all', 'passed', 'failed', 'warned', 'not-offered', 'not-run', 'broken'])
      assert.ok(text.includes(`<input type="radio" name="show" id="show-${outcome}"`), outcome)
    assert.equal(text.match(/<article class="case /g)?.length, 6)
    const passed = htmlReport(sampleReport([sampleResult('passed')]))
    assert.equal(passed.match(/<input type="radio"/g)?.length, 2)
  })

  it('tells of a case its level, rule, reason, notes and attacks', () => {
    const one = sampleResult('passed', {
      case: sampleCase('told', { level: 'SHOULD', attacks: ['S04'], waits: 'two seconds' }),
      notes: ['seen: 400'],
    })
    const told = htmlReport(sampleReport([one]))
    for (const part of [
      'SHOULD, 11.9',
      'A rule in plain words.',
      'seen: 400',
      'S04: an authorization used again',
      'two seconds',
    ])
      assert.ok(told.includes(part), part)
  })

  it('shows request and answer of what failed, warned or broke, and of nothing else', () => {
    const shows = (outcome: 'passed' | 'failed' | 'warned' | 'broken' | 'not-run'): boolean =>
      htmlReport(sampleReport([sampleResult(outcome)])).includes('Evidence: one request')
    assert.deepEqual([shows('failed'), shows('warned'), shows('broken')], [true, true, true])
    assert.deepEqual([shows('passed'), shows('not-run')], [false, false])
  })

  it('shows as text whatever the service said', () => {
    const hostile = sampleResult('failed', {
      reason: HOSTILE,
      notes: [HOSTILE],
      exchanges: [{ request: HOSTILE, answer: HOSTILE }],
    })
    const report = sampleReport([hostile])
    const shown = htmlReport({
      ...report,
      runs: report.runs.map((run) => ({ ...run, info: { name: HOSTILE, methods: [HOSTILE], [HOSTILE]: 1 } })),
    })
    assert.doesNotMatch(shown, /<script|<img/)
    for (const character of ['\u001b', '\u0000', '\u202e']) assert.ok(!shown.includes(character))
    assert.ok(shown.includes('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;'))
  })

  it('does not call good what was not seen', () => {
    const text = htmlReport(sampleReport([sampleResult('not-run')]))
    assert.ok(text.includes('nothing was shown'))
  })

  it('says that a run was ended early', () => {
    const text = htmlReport({ ...sampleReport(), isInterrupted: true })
    assert.match(text, /ended before its end/)
  })
})

describe('conformance: the JUnit report', () => {
  const named = (elements: readonly XmlElement[], name: string): readonly XmlElement[] =>
    elements.filter((one) => one.name === name)

  it('is XML with a suite for each method, failures, errors and reasons for what was skipped', () => {
    const extra = sampleResult('passed', { case: sampleCase('x', { method: 'info', clause: '11.1' }) })
    const report = sampleReport()
    const root = parseXml(
      junitReport({
        ...report,
        runs: report.runs.map((run) => ({ ...run, results: [...run.results, extra] })),
      }),
    )
    assert.equal(root.name, 'testsuites')
    assert.deepEqual(
      named(root.children, 'testsuite').map(({ attributes }) => attributes),
      [
        {
          name: 'v1 signatures/signHash',
          tests: '6',
          failures: '1',
          errors: '1',
          skipped: '2',
          time: '9.000',
        },
        { name: 'v1 info', tests: '1', failures: '0', errors: '0', skipped: '0', time: '1.500' },
      ],
    )
    const [suite] = named(root.children, 'testsuite')
    const cases = named(suite?.children ?? [], 'testcase')
    assert.deepEqual(
      cases.map(({ children }) => children.map(({ name, attributes }) => [name, attributes['message']])),
      [
        [],
        [['failure', 'because of failed']],
        [['system-out', undefined]],
        [['skipped', 'not offered: because of not-offered']],
        [['skipped', 'not run: because of not-run']],
        [['error', 'because of broken']],
      ],
    )
    assert.match(
      cases[1]?.children[0]?.text ?? '',
      /A rule in plain words\.[^]*request 1:\nPOST signatures\/signHash[^]*answer 1:\n400/,
    )
  })

  it('stays XML whatever the service said', () => {
    const hostile = sampleResult('failed', {
      reason: `${HOSTILE}\ud800`,
      notes: [HOSTILE],
      exchanges: [{ request: HOSTILE, answer: HOSTILE }],
    })
    const root = parseXml(junitReport(sampleReport([hostile])))
    assert.ok(root.children[0]?.children[1]?.children[0]?.text.includes('<script>'))
  })
})

describe('conformance: the JSON report', () => {
  it('has suite, options, numbers and every case with its evidence', () => {
    const read = JSON.parse(jsonReport(sampleReport([sampleResult('failed')]))) as unknown
    assert.deepEqual(read, {
      suite: 'chancery-conformance',
      suiteVersion: SUITE_VERSION,
      options: ['--account account.yaml', '--max-wait 120'],
      interrupted: false,
      began: '2026-03-01T10:00:00.000Z',
      ended: '2026-03-01T10:02:30.000Z',
      runs: [
        {
          version: 'v1',
          baseUrl: 'https://service.example/csc/v1',
          info: { name: 'Example', specs: '1.0.3.0', methods: ['signatures/signHash'] },
          tally: { passed: 0, failed: 1, warned: 0, 'not-offered': 0, 'not-run': 0, broken: 0 },
          results: [
            {
              id: 'v1 signatures/signHash failed',
              method: 'signatures/signHash',
              clause: '11.9',
              level: 'SHALL',
              rule: 'A rule in plain words.',
              milliseconds: 1500,
              outcome: 'failed',
              reason: 'because of failed',
              notes: [],
              exchanges: [{ request: 'POST signatures/signHash\n\n{}', answer: '400\n\n{"error":"e"}' }],
            },
          ],
        },
      ],
    })
  })
})

describe('conformance: what the reports rest on', () => {
  it('knows the clause of every case', () => {
    assert.deepEqual(
      CASES.filter((one) => clauseOf(one) === undefined).map(({ id }) => id),
      [],
    )
  })

  it('knows every kind of attack that a case names and no other, and docs/conformance.md lists them', () => {
    const named = new Set(CASES.flatMap(({ attacks }) => attacks ?? []))
    assert.deepEqual(Object.keys(ATTACKS).sort(), [...named].sort())
    const listed = readFileSync('docs/conformance.md', 'utf8').matchAll(/^\| ([A-Z]\d\d) \| (.*?) +\|$/gm)
    assert.deepEqual(
      Array.from(listed, ([, id, text]) => [id, text]),
      Object.entries(ATTACKS),
    )
  })

  it('finds the nearest clause above', () => {
    assert.equal(clauseOf({ version: 'v2', clause: '8.3.1.4' })?.number, '8.3.1')
    assert.equal(clauseOf({ version: 'v1', clause: '11.10' })?.title, 'signatures/timestamp')
    assert.equal(clauseOf({ version: 'v1', clause: '8.3.2' }), undefined)
  })

  it('bears the version of the package', () => {
    assert.equal(SUITE_VERSION, textAt(JSON.parse(readFileSync('package.json', 'utf8')), 'version'))
  })
})
