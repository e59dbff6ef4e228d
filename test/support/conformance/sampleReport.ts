import type { Case } from '../../../conformance/case.ts'
import type { Outcome } from '../../../conformance/outcome.ts'
import type { Report } from '../../../conformance/report/report.ts'
import type { Result } from '../../../conformance/run/runCases.ts'

/** A case that nobody runs. */
export function sampleCase(name: string, more: Partial<Case> = {}): Case {
  const { version = 'v1', method = 'signatures/signHash' } = more
  return {
    version,
    method,
    clause: '11.9',
    id: `${version} ${method} ${name}`,
    level: 'SHALL',
    rule: 'A rule in plain words.',
    run: () => Promise.resolve(),
    ...more,
  }
}

/** What became of it. */
export function sampleResult(outcome: Outcome, more: Partial<Result> = {}): Result {
  return {
    case: sampleCase(outcome),
    outcome,
    reason: outcome === 'passed' ? '' : `because of ${outcome}`,
    notes: [],
    exchanges: [{ request: 'POST signatures/signHash\n\n{}', answer: '400\n\n{"error":"e"}' }],
    milliseconds: 1500,
    ...more,
  }
}

/** A report of version 1 with one case of each outcome, unless it says otherwise. */
export function sampleReport(results?: readonly Result[]): Report {
  return {
    began: new Date('2026-03-01T10:00:00Z'),
    ended: new Date('2026-03-01T10:02:30Z'),
    options: ['--account account.yaml', '--max-wait 120'],
    isInterrupted: false,
    runs: [
      {
        version: 'v1',
        baseUrl: 'https://service.example/csc/v1',
        info: { name: 'Example', specs: '1.0.3.0', methods: ['signatures/signHash'] },
        results:
          results ??
          (['passed', 'failed', 'warned', 'not-offered', 'not-run', 'broken'] as const).map((outcome) =>
            sampleResult(outcome),
          ),
      },
    ],
  }
}
