import type { Hsm } from '../../hsm/hsm.ts'

/**
 * What the token remembers of a node beside its checkpoint, so that no database can make it forgotten: the number of
 * its chain, and why it is locked.
 */

const epochLabel = (node: string): string => `chancery-epoch-${node}`
const lockLabel = (node: string): string => `chancery-lock-${node}`

/** The name of the node's current chain: its own name, then `<node>.2` and so on after each accept-state. */
export async function currentChain(hsm: Pick<Hsm, 'readData'>, node: string): Promise<string> {
  const epoch = await readEpoch(hsm, node)
  return epoch === 1 ? node : `${node}.${epoch}`
}

/** The next chain's name; the token knows it on return. */
export async function nextChain(hsm: Pick<Hsm, 'readData' | 'writeData'>, node: string): Promise<string> {
  const epoch = (await readEpoch(hsm, node)) + 1
  await hsm.writeData(epochLabel(node), Buffer.from(String(epoch)))
  return `${node}.${epoch}`
}

async function readEpoch(hsm: Pick<Hsm, 'readData'>, node: string): Promise<number> {
  const value = await hsm.readData(epochLabel(node))
  return value === undefined ? 1 : Number(value.toString())
}

/** Why the node was locked, or undefined. */
export async function readLockMark(hsm: Pick<Hsm, 'readData'>, node: string): Promise<string | undefined> {
  const value = await hsm.readData(lockLabel(node))
  return value === undefined || value.length <= 1 ? undefined : value.toString()
}

/** An empty reason takes the mark away. */
export async function writeLockMark(
  hsm: Pick<Hsm, 'writeData'>,
  node: string,
  reason: string,
): Promise<void> {
  await hsm.writeData(lockLabel(node), Buffer.from(reason === '' ? '-' : reason))
}
