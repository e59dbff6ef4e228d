import { findSoftHsmModule } from '../../hsm/softHsmModule.ts'
import { join } from 'node:path'
import { CannotStart } from './cannotStart.ts'
import { AREAS, type DataFolder } from './dataFolder.ts'
import type { Owners } from './osUsers.ts'
import { makeFolder, writeOnce } from './ownedFiles.ts'

/** Every folder of the data, each closed to all but its owner; only the ways to the sockets are open. */
export function makeFolders(data: DataFolder, owners: Owners): void {
  makeFolder(data.root, 0o711)
  for (const folder of [data.authority, data.officer, data.log, data.signed]) makeFolder(folder, 0o700)
  for (const area of AREAS) makeFolder(data.area[area], 0o700, owners[area])
  makeFolder(join(data.root, 'run'), 0o711)
  for (const area of ['sam', 'ca'] as const) {
    makeFolder(data.run[area], 0o711, owners[area])
    makeFolder(join(data.area[area], 'peers'), 0o700, owners[area])
    makeFolder(join(data.area[area], 'tokens'), 0o700, owners[area])
    writeOnce(join(data.area[area], 'softhsm2.conf'), softHsmConfig(join(data.area[area], 'tokens')), {
      owner: owners[area],
    })
  }
  makeFolder(join(data.area.sam, 'outbox'), 0o700, owners.sam)
}

function softHsmConfig(tokens: string): string {
  return [`directories.tokendir = ${tokens}`, 'objectstore.backend = file', 'log.level = ERROR', ''].join(
    '\n',
  )
}

/** Path of the PKCS#11 module for development. Throws CannotStart if it is not installed. */
export function softHsm(): string {
  const module = findSoftHsmModule()
  if (module === undefined) throw new CannotStart('SoftHSM 2 is not installed: run node scripts/bootstrap.js')
  return module
}
