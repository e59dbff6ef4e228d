import type { SamConfig } from '../config.ts'
import type { Channels } from './channels.ts'
import { fileChannel } from './fileChannel.ts'
import { smtpChannel } from './smtpChannel.ts'
import { webhookChannel } from './webhookChannel.ts'

export function openChannels(config: SamConfig['channels']): Channels {
  return {
    ...(config.file && { file: fileChannel(config.file.folder) }),
    ...(config.smtp && { smtp: smtpChannel(config.smtp) }),
    ...(config.webhook && { webhook: webhookChannel(config.webhook) }),
  }
}
