import { createHmac, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'undici'
import type { Channel } from './channels.ts'

/**
 * An HTTP gateway (SMS, push). The body is JSON `{to, subject, text, code?}`; it is signed as Standard Webhooks does:
 * headers `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature: v1,<base64 HMAC-SHA256>` over
 * `id.timestamp.body` with the shared secret. Redirects are not followed; any 2xx is success.
 */
export function webhookChannel(config: { readonly url: string; readonly secretFile: string }): Channel {
  const secret = readFileSync(config.secretFile, 'utf8').trim()
  return {
    async deliver(message) {
      const body = JSON.stringify(message)
      const id = randomUUID()
      const timestamp = String(Math.floor(Date.now() / 1000))
      const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')
      const response = await request(config.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
        },
        body,
        headersTimeout: 10_000,
        bodyTimeout: 10_000,
      })
      await response.body.dump()
      if (response.statusCode < 200 || response.statusCode > 299)
        throw new Error(`the gateway answered ${response.statusCode}`)
    },
    accepts: (destination) => destination.length > 0,
    close() {
      // Connections are kept by the global agent.
    },
  }
}
