#!/usr/bin/env node
import { existsSync } from 'node:fs'

const program = new URL('../dist/conformance/main.js', import.meta.url)
if (existsSync(program)) {
  const { run } = await import(program.href)
  process.exitCode = await run(process.argv.slice(2))
} else {
  console.error('chancery-conformance is not built yet: run `npm run build` first.')
  process.exitCode = 1
}
