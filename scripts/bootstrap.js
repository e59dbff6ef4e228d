// Brings a fresh clone to where it can run: `node scripts/bootstrap.js`; with `--tests`, to where its tests can. Plain JavaScript without packages, in a syntax
// that old versions of Node read too, so that they can be told what is wrong.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bootstrap } from './bootstrap/bootstrap.js'
import { realWorld } from './bootstrap/world.js'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const range = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node
const tests = process.argv.includes('--tests')
process.exitCode = await bootstrap(realWorld(root), { version: process.version, range }, { tests })
