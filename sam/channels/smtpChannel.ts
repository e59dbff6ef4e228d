import { readFileSync } from 'node:fs'
import { createTransport } from 'nodemailer'
import type { SmtpConfig } from '../config.ts'
import type { Channel } from './channels.ts'
import { hasForm } from './destinations.ts'

const LOOPBACK = ['localhost', '127.0.0.1', '::1']

/** Mail. Beyond the loopback interface TLS is demanded, from the first byte or by STARTTLS. */
export function smtpChannel(config: SmtpConfig): Channel {
  const pass =
    config.passwordFile === undefined ? undefined : readFileSync(config.passwordFile, 'utf8').trim()
  const transport = createTransport({
    host: config.host,
    port: config.port,
    secure: config.secure,
    requireTLS: !config.secure && !LOOPBACK.includes(config.host),
    ...(config.user === undefined || pass === undefined ? {} : { auth: { user: config.user, pass } }),
    pool: true,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    // The code must not reach a log through the library.
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async deliver(message) {
      await transport.sendMail({
        from: config.from,
        to: { name: '', address: message.to },
        subject: message.subject,
        text: message.text,
      })
    },
    accepts: (destination) => hasForm('mail', destination),
    close() {
      transport.close()
    },
  }
}
