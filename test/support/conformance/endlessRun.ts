import { setTimeout as sleep } from 'node:timers/promises'
import { main } from '../../../conformance/main.ts'
import type { Trial } from '../../../conformance/trial.ts'
import { sampleCase } from './sampleReport.ts'

// A run with cases that do not come to their end, for a process that a test ends.
await main(process.argv.slice(2), {
  cases: [
    sampleCase('first'),
    sampleCase('waiting', {
      method: 'credentials/list',
      waits: 'for an hour',
      run: (trial: Trial) => trial.wait(3600),
    }),
    sampleCase('endless', { method: 'credentials/list', run: () => sleep(3_600_000) }),
    sampleCase('third'),
  ],
  input: process.stdin,
  out: process.stdout,
  progress: process.stderr,
})
