import type { ChannelName } from '../../sap/operations.ts'

/** One message to a signer. `code` is also in `text`; a channel for machines may carry it apart. */
export interface Message {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly code?: string | undefined
}

/** A way to the signer that does not lead through the SSA. */
export interface Channel {
  /** Resolves when the next hop has taken the message. Rejects otherwise; the message may have gone all the same. */
  deliver(message: Message): Promise<void>
  /** Whether it can take this destination at all. */
  accepts(destination: string): boolean
  close(): void
}

export type Channels = Readonly<Partial<Record<ChannelName, Channel>>>

/** A destination as others may see it: enough to recognise, not enough to use. */
export function masked(destination: string): string {
  const [name = '', domain] = destination.split('@')
  const head = name.slice(0, 1)
  return domain === undefined ? `${head}***${name.slice(-2)}` : `${head}***@${domain}`
}
