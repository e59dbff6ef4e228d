import { randomBytes } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Channel } from './channels.ts'
import { DESTINATION_FORMS, hasForm } from './destinations.ts'

/** For development: each message is a JSON file of the folder, readable by the SAM's own user only. */
export function fileChannel(folder: string): Channel {
  return {
    async deliver(message) {
      const time = Date.now()
      const name = `${time}-${randomBytes(6).toString('hex')}.json`
      const unfinished = join(folder, `.${name}`)
      const file = await open(unfinished, 'wx', 0o600)
      try {
        await file.writeFile(`${JSON.stringify({ ...message, time }, undefined, 2)}\n`)
      } finally {
        await file.close()
      }
      // A reader of the folder sees whole messages only.
      await rename(unfinished, join(folder, name))
    },
    accepts: (destination) => DESTINATION_FORMS.some((form) => hasForm(form, destination)),
    close() {
      // Nothing is kept open.
    },
  }
}
