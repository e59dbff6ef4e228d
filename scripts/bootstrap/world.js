import { spawn } from 'node:child_process'
import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'

/**
 * What the bootstrap sees of the machine, and what it may do to it.
 * @typedef {{
 *   root: string,
 *   execPath: string,
 *   isRoot: boolean,
 *   say(line: string): void,
 *   exists(path: string): boolean,
 *   read(path: string): string | undefined,
 *   hasProgram(name: string): boolean,
 *   hasPackageLists(): boolean,
 *   run(words: readonly string[], label?: string, settings?: Record<string, string>): Promise<number>,
 * }} World
 */

const PROGRESS_SECONDS = 5
const LINES_SHOWN_ON_FAILURE = 40

/** @param {string} root the project's folder @returns {World} */
export function realWorld(root) {
  return {
    root,
    execPath: realpathSync(process.execPath),
    isRoot: typeof process.getuid === 'function' && process.getuid() === 0,
    say: (line) => console.log(line),
    exists: existsSync,
    read(path) {
      return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined
    },
    hasProgram,
    hasPackageLists: () =>
      existsSync('/var/lib/apt/lists') &&
      readdirSync('/var/lib/apt/lists').some((name) => name.endsWith('_Packages')),
    run: (words, label, settings) => run(root, words, label, settings),
  }
}

/** @param {string} name */
function hasProgram(name) {
  // sbin is not in every user's PATH.
  const folders = [...(process.env.PATH || '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/**
 * Runs a program and answers its exit code (127 if it cannot be started). With a label it tells every few seconds that
 * it still runs, and shows the end of the output if it fails.
 * @param {string} root
 * @param {readonly string[]} words
 * @param {string | undefined} label
 * @param {Record<string, string> | undefined} settings
 * @returns {Promise<number>}
 */
function run(root, words, label, settings) {
  return new Promise((resolve) => {
    const started = Date.now()
    const seconds = () => Math.round((Date.now() - started) / 1000)
    const child = spawn(words[0], words.slice(1), {
      cwd: root,
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    /** @type {string[]} */
    let output = []
    const keep = (/** @type {Buffer} */ chunk) => {
      output = [...output, ...chunk.toString().split('\n')].slice(-LINES_SHOWN_ON_FAILURE)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const progress =
      label === undefined
        ? undefined
        : setInterval(() => console.log('  ' + label + ' … ' + seconds() + ' s'), PROGRESS_SECONDS * 1000)
    const end = (/** @type {number} */ code) => {
      clearInterval(progress)
      if (label !== undefined && code !== 0) console.error(output.join('\n') + '\n' + label + ' failed.')
      else if (label !== undefined) console.log('  ' + label + ': done in ' + seconds() + ' s')
      resolve(code)
    }
    child.on('error', () => end(127))
    child.on('close', (code) => end(code === null ? 1 : code))
  })
}
