import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const POLL_MS = 200
const WAIT_MS = 60_000

const message = z.object({ subject: z.string(), text: z.string(), code: z.string().min(1) })
export type OtpMessage = z.infer<typeof message>

/** The folder into which a development service puts what it would send to the signer's phone. */
export interface OtpFolder {
  /** The next message that was not there before and shows the fingerprint. Throws Error if none comes in a minute. */
  next(fingerprint: string): Promise<OtpMessage>
}

/** Notes what is in the folder already: make it before the OTP is asked for. Throws Error if it cannot be read. */
export async function watchOtpFolder(path: string, waitMs = WAIT_MS): Promise<OtpFolder> {
  const seen = new Set(await filesIn(path))
  return {
    async next(fingerprint) {
      const end = Date.now() + waitMs
      while (Date.now() < end) {
        const added = (await filesIn(path)).filter((name) => !seen.has(name)).sort()
        for (const name of added) {
          seen.add(name)
          const parsed = message.safeParse(jsonOf(await readFile(join(path, name), 'utf8')))
          if (parsed.success && showsFingerprint(parsed.data.text, fingerprint)) return parsed.data
        }
        await sleep(POLL_MS)
      }
      throw new Error(`No message with the fingerprint ${fingerprint} came into ${path}.`)
    },
  }
}

/** On a line of its own, as the service writes it: in a label, it would be whoever's words. */
export function showsFingerprint(text: string, fingerprint: string): boolean {
  return text.split('\n').includes(`Fingerprint: ${fingerprint}`)
}

async function filesIn(path: string): Promise<readonly string[]> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw new Error(`The folder of delivered OTPs, ${path}, cannot be read.`, { cause })
  })
  return names.filter((name) => name.endsWith('.json') && !name.startsWith('.'))
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
