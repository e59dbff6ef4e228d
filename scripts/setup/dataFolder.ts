import { join } from 'node:path'

export const AREAS = ['sam', 'ca', 'ssa'] as const
/** The processes of the set; each has a folder of this name that is closed to the others. */
export type Area = (typeof AREAS)[number]

/** What the set-up makes, and where. All paths are absolute if `data` is. */
export interface DataFolder {
  readonly root: string
  readonly connection: string
  /** CA certificate of the HTTPS listener. */
  readonly publicCa: string
  /** Keys of the development authorities; only set-up reads them. */
  readonly authority: string
  /** What registration officer, security officer, operator and the demo signer hold. */
  readonly officer: string
  readonly log: string
  readonly signed: string
  readonly lock: string
  readonly area: Readonly<Record<Area, string>>
  /** A folder for the Unix socket of a process. */
  readonly run: Readonly<Record<'sam' | 'ca', string>>
}

export function dataFolder(root: string): DataFolder {
  const at = (...names: readonly string[]): string => join(root, ...names)
  return {
    root,
    connection: at('connection.json'),
    publicCa: at('public-ca.pem'),
    authority: at('authority'),
    officer: at('officer'),
    log: at('log'),
    signed: at('signed'),
    lock: at('supervisor.lock'),
    area: { sam: at('sam'), ca: at('ca'), ssa: at('ssa') },
    run: { sam: at('run', 'sam'), ca: at('run', 'ca') },
  }
}
