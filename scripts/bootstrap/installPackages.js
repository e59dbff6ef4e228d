import { dirname, join } from 'node:path'

/** @typedef {import('./world.js').World} World */

/** What npm compiles here: without these the packages are there, but do not load. */
const COMPILED = [
  'node_modules/pkcs11js/build/Release/pkcs11.node',
  'node_modules/sqlite3/build/Release/node_sqlite3.node',
]

/**
 * Whether node_modules is what package-lock.json asks for. Compares the two lock files package by package: times of
 * files tell little after a checkout.
 * @param {World} world
 */
export function packagesAreCurrent(world) {
  const wanted = packagesOf(world.read('package-lock.json'))
  const installed = packagesOf(world.read('node_modules/.package-lock.json'))
  if (wanted === undefined || installed === undefined) return false
  return (
    COMPILED.every((file) => world.exists(join(world.root, file))) && wanted.every(isInstalled(installed))
  )
}

/** @param {readonly [string, { version?: string, integrity?: string }][]} installed */
function isInstalled(installed) {
  const byPath = new Map(installed)
  return (
    /** @type {[string, { version?: string, integrity?: string, optional?: boolean }]} */ [path, entry],
  ) => {
    const found = byPath.get(path)
    // An optional package may be for another platform; then npm leaves it out.
    if (found === undefined) return path === '' || entry.optional === true
    return found.version === entry.version && found.integrity === entry.integrity
  }
}

/** @param {string | undefined} lock */
function packagesOf(lock) {
  return lock === undefined ? undefined : Object.entries(JSON.parse(lock).packages)
}

/**
 * npm's own settings for the installation: headers that lie beside node are used instead of fetched.
 * @param {World} world
 * @returns {Record<string, string>}
 */
export function npmSettings(world) {
  const prefix = dirname(dirname(world.execPath))
  return world.exists(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {}
}

/** @param {World} world @returns {Promise<boolean>} */
export async function installPackages(world) {
  world.say('Installing npm packages (two of them are compiled: this takes a minute or two)')
  return (
    (await world.run(
      ['npm', 'ci', '--include=dev', '--no-audit', '--no-fund'],
      'npm ci',
      npmSettings(world),
    )) === 0
  )
}
