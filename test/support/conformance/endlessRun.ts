import { setTimeout as sleep } from 'node:timers/promises'
import { main } from '../../../conformance/main.ts'
import { sampleCase } from './sampleReport.ts'

// A run with a case that does not come to its end, for a process that a test ends.
await main(process.argv.slice(2), {
  cases: [
    sampleCase('first'),
    sampleCase('endless', { method: 'credentials/list', run: () => sleep(3_600_000) }),
    sampleCase('third'),
  ],
  input: process.stdin,
  out: process.stdout,
  progress: process.stderr,
})
