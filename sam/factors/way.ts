import type { Channel, Channels } from '../channels/channels.ts'
import type { ChannelName } from '../../sap/operations.ts'
import type { FactorRecord } from '../state/recordKinds.ts'
import { current, waiting, type FactorContent } from './life.ts'

/** Where messages to a signer go. */
export interface Way {
  readonly name: ChannelName
  readonly channel: Channel
  readonly destination: string
}

/** The way of an OTP factor's content; undefined if there is none, or its channel is not configured any more. */
export function wayOf(channels: Channels, content: FactorContent | undefined): Way | undefined {
  const { channel: name, destination } = content ?? {}
  const channel = name === undefined ? undefined : channels[name]
  if (name === undefined || channel === undefined || destination === undefined) return undefined
  return { name, channel, destination }
}

/** Every way that notices go at this time: while another destination waits, both, the working one first. */
export function noticeWays(channels: Channels, otp: FactorRecord | undefined, now: number): readonly Way[] {
  if (otp === undefined) return []
  return [wayOf(channels, current(otp, now)), wayOf(channels, waiting(otp, now))].filter(
    (way) => way !== undefined,
  )
}
