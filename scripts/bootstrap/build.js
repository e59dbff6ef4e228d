import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./world.js').World} World */

const SOURCES = [
  'src',
  'sam',
  'sap',
  'hsm',
  'store',
  'egress',
  'ades',
  'ca',
  'client',
  'conformance',
  'bench',
  'scripts',
  'openapi',
]
const SINGLE_FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
const STAMP = 'dist/.built'

/**
 * Milliseconds of the last change under a folder, folders included, so that a removed file counts.
 * @param {string} folder
 * @returns {number}
 */
function lastChange(folder) {
  if (!existsSync(folder)) return 0
  let latest = statSync(folder).mtimeMs
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    latest = Math.max(latest, entry.isDirectory() ? lastChange(path) : statSync(path).mtimeMs)
  }
  return latest
}

/** @param {string} root */
export function buildIsCurrent(root) {
  const stamp = join(root, STAMP)
  if (!existsSync(stamp)) return false
  const built = statSync(stamp).mtimeMs
  return (
    SOURCES.every((folder) => lastChange(join(root, folder)) <= built) &&
    SINGLE_FILES.every((file) => statSync(join(root, file)).mtimeMs <= built)
  )
}

/**
 * Compiles into dist/ and puts the contracts beside the program, where it reads them.
 * @param {World} world
 * @returns {Promise<boolean>}
 */
export async function build(world) {
  world.say('Building')
  const started = new Date()
  const compiler = join(world.root, 'node_modules', 'typescript', 'bin', 'tsc')
  const code = await world.run([world.execPath, compiler, '-p', 'tsconfig.build.json'], 'tsc')
  if (code !== 0) return false
  cpSync(join(world.root, 'openapi'), join(world.root, 'dist', 'openapi'), { recursive: true })
  writeFileSync(join(world.root, STAMP), started.toISOString() + '\n')
  return true
}
