import { prepareCms, type CmsToPrepare, type PreparedCms } from './prepareCms.ts'

export interface DetachedInput extends Omit<CmsToPrepare, 'signingTime' | 'content'> {
  /** Claimed signing time. */
  readonly time: Date
}

/** Prepares a CAdES baseline B-B signature (EN 319 122-1 §6.3) beside its content, whatever that is. */
export function prepareDetached({ time, ...rest }: DetachedInput): PreparedCms {
  return prepareCms({ ...rest, signingTime: time })
}
