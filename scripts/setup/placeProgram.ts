import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { Owner } from './ownedFiles.ts'

const PLACE = '/usr/local/lib/chancery'

/** The built program as the processes run it. */
export interface Program {
  /** Absolute path of node. */
  readonly node: string
  /** Folder that holds dist/ and node_modules/. */
  readonly root: string
  /** Whether it is a copy for OS users that cannot enter the checkout. */
  readonly isCopy: boolean
}

/**
 * The program in the checkout if all of these OS users can run it there; else a copy that only root can change, named
 * by its content.
 */
export function placeProgram(root: string, owners: readonly Owner[], place = PLACE): Program {
  const inCheckout: Program = { node: process.execPath, root, isCopy: false }
  if (owners.every((owner) => owner === undefined || canRun(inCheckout, owner))) return inCheckout
  const target = join(place, programId(root))
  const copy: Program = { node: join(target, 'node'), root: target, isCopy: true }
  if (!existsSync(target)) copyProgram(root, target)
  return copy
}

/** Tries it: loads a native package as that user. */
function canRun(program: Program, owner: NonNullable<Owner>): boolean {
  const attempt = `require('node:fs').accessSync(${JSON.stringify(join(program.root, 'dist', 'sam'))});
    require(${JSON.stringify(join(program.root, 'node_modules', 'pkcs11js'))})`
  const { status } = spawnSync(program.node, ['-e', attempt], { ...owner, cwd: '/', env: {} })
  return status === 0
}

function copyProgram(root: string, target: string): void {
  const unfinished = `${target}.${process.pid}`
  mkdirSync(unfinished, { recursive: true, mode: 0o755 })
  cpSync(join(root, 'dist'), join(unfinished, 'dist'), { recursive: true })
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(root, file), join(unfinished, file))
  for (const path of productionPackages(root))
    cpSync(join(root, path), join(unfinished, path), { recursive: true, filter: isNeeded })
  copyFileSync(process.execPath, join(unfinished, 'node'))
  openToReaders(unfinished)
  rmSync(target, { recursive: true, force: true })
  renameSync(unfinished, target)
}

/** Objects of the compiler beside what it made of them: most of a native package's size. */
function isNeeded(path: string): boolean {
  return !/\/(obj\.target|\.deps|deps\/sqlite3)$/.test(path)
}

/** Folders under node_modules that the running program may need, each with what is nested in it. */
function productionPackages(root: string): readonly string[] {
  const lock: unknown = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const packages = typeof lock === 'object' && lock !== null && 'packages' in lock ? lock.packages : undefined
  if (typeof packages !== 'object' || packages === null)
    throw new Error('package-lock.json lists no packages')
  return Object.entries(packages)
    .filter(([path, entry]: [string, unknown]) => path !== '' && !isForDevelopment(entry))
    .map(([path]) => path)
    .filter((path) => path.lastIndexOf('node_modules/') === 0 && existsSync(join(root, path)))
}

function isForDevelopment(entry: unknown): boolean {
  return typeof entry === 'object' && entry !== null && 'dev' in entry && entry.dev === true
}

function openToReaders(folder: string): void {
  spawnSync('chown', ['-R', '-h', '0:0', folder])
  spawnSync('chmod', ['-R', 'u+rwX,go+rX,go-w', folder])
}

/** Names a build: SHA-256 over names and contents of the built files and the lock file, its first 16 hex digits. */
export function programId(root: string): string {
  const hash = createHash('sha256')
    .update(process.version)
    .update(readFileSync(join(root, 'package-lock.json')))
  const dist = join(root, 'dist')
  const files = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== '.built')
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  for (const file of files)
    hash
      .update(file.slice(dirname(dist).length))
      .update('\0')
      .update(readFileSync(file))
  return hash.digest('hex').slice(0, 16)
}
