import { createHmac, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { listedPair } from '../../egress/destination.ts'
import { createEgress, type EgressOptions } from '../../egress/egress.ts'
import type { WebhookConfig } from '../config.ts'
import type { Channel } from './channels.ts'
import { hasForm } from './destinations.ts'

const WITHIN_MS = 10_000
const MOST_OF_AN_ANSWER = 64 * 1024

/**
 * An HTTPS gateway (SMS, push), at a public address unless its `host:port` is listed. The body is JSON
 * `{to, subject, text, code?}`; it is signed as Standard Webhooks does: headers `webhook-id`, `webhook-timestamp`
 * (seconds) and `webhook-signature: v1,<base64 HMAC-SHA256>` over `id.timestamp.body` with the shared secret. Redirects
 * are not followed; any 2xx is success. `nameServers` (`address:port`) are asked in place of the system's.
 */
export function webhookChannel(
  config: WebhookConfig,
  surroundings: Pick<EgressOptions, 'nameServers'> = {},
): Channel {
  const secret = readFileSync(config.secretFile, 'utf8').trim()
  const egress = createEgress({
    ...surroundings,
    listed: new Set(config.listed.map((pair) => listedPair(pair)).filter((pair) => pair !== undefined)),
    authorities: config.authorities === undefined ? undefined : readFileSync(config.authorities, 'utf8'),
  })
  return {
    async deliver(message) {
      const body = JSON.stringify(message)
      const id = randomUUID()
      const timestamp = String(Math.floor(Date.now() / 1000))
      const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
      const { status } = await egress.post({
        url: config.url,
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
        },
        body: Buffer.from(body),
        within: WITHIN_MS,
        maxAnswer: MOST_OF_AN_ANSWER,
      })
      if (status < 200 || status > 299) throw new Error(`the gateway answered ${status}`)
    },
    accepts: (destination) => hasForm(config.destinations, destination),
    close() {
      // Each message has a connection of its own.
    },
  }
}
