import { Agent, request } from 'undici'
import { readTls } from '../account/readTls.ts'
import { holds } from '../expect.ts'
import { Refuted } from '../outcome.ts'
import type { Trial } from '../trial.ts'

const MAX_BYTES = 8 * 1024 * 1024
const PNG = '89504e470d0a1a0a'
const JPEG = 'ffd8'

/** Pixels of a picture. */
export interface Picture {
  readonly kind: 'PNG' | 'JPEG'
  readonly width: number
  readonly height: number
}

/** Fetches a picture from where anybody could. Throws Refuted when none comes, or it is neither PNG nor JPEG. */
export async function pictureAt({ service, account }: Trial, url: string): Promise<Picture> {
  // The account's authority counts at the service's own host; elsewhere the well-known ones do.
  const isOwn = new URL(url).host === new URL(service.baseUrl).host
  const { ca } = isOwn ? await readTls(account.tls) : {}
  const dispatcher = new Agent({ connect: { ...(ca && { ca }) }, maxResponseSize: MAX_BYTES })
  try {
    const { statusCode, body } = await request(url, { dispatcher })
    holds(statusCode === 200, `GET ${url} is answered ${statusCode}`)
    return pictureIn(Buffer.from(await body.arrayBuffer()))
  } catch (cause) {
    if (cause instanceof Refuted) throw cause
    throw new Refuted(`GET ${url}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  } finally {
    await dispatcher.destroy()
  }
}

function pictureIn(bytes: Buffer): Picture {
  const start = bytes.toString('hex', 0, 8)
  if (start === PNG && bytes.length >= 24)
    return { kind: 'PNG', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  holds(start.startsWith(JPEG), 'it is neither PNG nor JPEG')
  return jpegIn(bytes)
}

/** The size stands in the first frame header, SOF0 to SOF15 (ITU-T T.81 B.2.2). */
function jpegIn(bytes: Buffer): Picture {
  let at = 2
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes.readUInt8(at + 1)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame)
      return { kind: 'JPEG', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  throw new Refuted('the JPEG has no frame')
}
