import type { FactorRecord } from '../state/recordKinds.ts'

/** What a factor of a kind holds; nothing of it once the factor is removed. */
export type FactorContent = Pick<FactorRecord, 'pinHash' | 'totpSecret' | 'channel' | 'destination'>

const NO_CONTENT = {
  pinHash: undefined,
  totpSecret: undefined,
  channel: undefined,
  destination: undefined,
} as const satisfies FactorContent

export function contentOf(value: FactorContent): FactorContent {
  const { pinHash, totpSecret, channel, destination } = value
  return { pinHash, totpSecret, channel, destination }
}

const hasContent = ({ pinHash, totpSecret, destination }: FactorContent): boolean =>
  pinHash !== undefined || totpSecret !== undefined || destination !== undefined

/**
 * The factor as it works at this time: a change whose waiting time is over is made, whether or not the record was
 * written since. Undefined if nothing works: removed, or added and still waiting. Attempts go on counting over a change.
 */
export function current(value: FactorRecord, now: number): FactorRecord | undefined {
  const settled = withDueChange(value, now)
  return hasContent(settled) ? settled : undefined
}

function withDueChange(value: FactorRecord, now: number): FactorRecord {
  const { next } = value
  if (next?.worksAt === undefined || next.worksAt > now) return value
  return { ...value, ...contentOf(next), enrolledAt: next.worksAt, next: undefined }
}

/** The change that was proved and whose waiting time is not over. */
export function waiting(
  value: FactorRecord,
  now: number,
): (FactorContent & { readonly action: 'set' | 'remove'; readonly worksAt: number }) | undefined {
  const { next } = value
  if (next?.worksAt === undefined || next.worksAt <= now || next.action === 'enrol') return undefined
  return { ...contentOf(next), action: next.action, worksAt: next.worksAt }
}

/** Without a change that waits; one that is due is made. For a change that is dropped. */
export function withoutWaiting(value: FactorRecord, now: number): FactorRecord {
  return { ...withDueChange(value, now), next: undefined }
}

/** With other content, or with none, at once: whatever waited is dropped, and the attempts are given back. */
export function replaced(value: FactorRecord, content: FactorContent, now: number): FactorRecord {
  return {
    ...value,
    ...NO_CONTENT,
    ...content,
    enrolledAt: now,
    attempts: 0,
    isHeld: 'no',
    next: undefined,
  }
}

/** Whether two states of a factor hold the same: if not, what was compared with the one says nothing of the other. */
export function isSameContent(one: FactorContent, other: FactorContent): boolean {
  return (
    one.pinHash === other.pinHash &&
    one.channel === other.channel &&
    one.destination === other.destination &&
    (one.totpSecret === other.totpSecret ||
      (one.totpSecret !== undefined && other.totpSecret?.equals(one.totpSecret) === true))
  )
}
