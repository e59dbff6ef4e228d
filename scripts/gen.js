// Makes the types of the API contracts. `node scripts/gen.js --check` changes nothing and fails if a file is stale.
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CONTRACTS = [
  ['openapi/csc-v1.yaml', 'src/api/v1/contract.d.ts'],
  ['openapi/csc-v2.yaml', 'src/api/v2/contract.d.ts'],
]
const OPTIONS = ['--immutable', '--root-types', '--root-types-no-schema-prefix']

function generate(yaml, output) {
  const tool = join('node_modules', '.bin', 'openapi-typescript')
  execFileSync(tool, [yaml, ...OPTIONS, '-o', output], { stdio: ['ignore', 'ignore', 'inherit'] })
}

const isCheck = process.argv.includes('--check')
let isStale = false
for (const [yaml, output] of CONTRACTS) {
  if (!isCheck) {
    generate(yaml, output)
    console.log(`${yaml} -> ${output}`)
    continue
  }
  const fresh = join(tmpdir(), `chancery-gen-${process.pid}.d.ts`)
  try {
    generate(yaml, fresh)
    if (readFileSync(fresh, 'utf8') !== readFileSync(output, 'utf8')) {
      isStale = true
      console.error(`${output} is not what ${yaml} gives: run npm run gen`)
    }
  } finally {
    rmSync(fresh, { force: true })
  }
}
process.exitCode = isStale ? 1 : 0
