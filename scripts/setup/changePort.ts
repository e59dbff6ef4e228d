import {
  closeSync,
  fchownSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { isPresent } from './ownedFiles.ts'
import { addressesFrom, endpoints } from './connection.ts'
import type { DataFolder } from './dataFolder.ts'

/**
 * Moves a set that exists to another first port: in the SSA's configuration, the officers' and `connection.json`.
 * Whatever else a person wrote there stays, comments too.
 */
export function changePort(data: DataFolder, port: number): void {
  const file = join(data.area.ssa, 'ssa.yaml')
  const ssa = parseDocument(readFileSync(file, 'utf8'))
  const former = ssa.getIn(['listen', 'port'])
  if (former === port) return
  const { publicUrl, mutualTlsUrl, management } = addressesFrom(port)
  // A service with another name keeps it: a proxy stands in front.
  const isOwnName = ssa.get('publicUrl') === `https://localhost:${String(former)}`
  if (isOwnName) ssa.set('publicUrl', publicUrl)
  for (const [place, value] of [
    ['listen', port],
    ['mutualTls', port + 1],
    ['management', port + 2],
  ] as const)
    if (ssa.has(place)) ssa.setIn([place, 'port'], value)
  replace(file, ssa.toString())

  const officer = join(data.officer, 'officer.yaml')
  const officers = parseDocument(readFileSync(officer, 'utf8'))
  officers.set('management', management)
  replace(officer, officers.toString())

  if (!isPresent(data.connection)) return
  const connection: unknown = JSON.parse(readFileSync(data.connection, 'utf8'))
  if (typeof connection !== 'object' || connection === null) return
  const moved = {
    ...connection,
    ...(isOwnName && { publicUrl, csc: endpoints(publicUrl) }),
    mutualTls: endpoints(mutualTlsUrl),
    management,
  }
  replace(data.connection, `${JSON.stringify(moved, undefined, 2)}\n`)
}

/** Whole or not at all, with the owner that the file had. */
function replace(file: string, content: string): void {
  const { uid, gid } = statSync(file)
  const unfinished = `${file}.new`
  rmSync(unfinished, { force: true })
  const descriptor = openSync(unfinished, 'wx', 0o600)
  try {
    writeFileSync(descriptor, content)
    if (process.getuid?.() === 0) fchownSync(descriptor, uid, gid)
  } finally {
    closeSync(descriptor)
  }
  renameSync(unfinished, file)
}
