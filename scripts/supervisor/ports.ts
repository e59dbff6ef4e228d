import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** The first of these TCP ports that cannot be listened on; waits so many milliseconds for them to become free. */
export async function busyPort(ports: readonly number[], waitMs: number): Promise<number | undefined> {
  const until = Date.now() + waitMs
  for (;;) {
    let busy: number | undefined
    for (const port of ports) if (busy === undefined && !(await isFree(port))) busy = port
    if (busy === undefined || Date.now() >= until) return busy
    await sleep(200)
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      const code = 'code' in error ? error.code : undefined
      if (code === 'EADDRINUSE' || code === 'EACCES') resolve(false)
      else reject(error)
    })
    server.listen({ port, exclusive: true }, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}

/** `process 123 (name)` that listens on a TCP port, where /proc tells; else undefined. */
export function portHolder(port: number): string | undefined {
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(table, port))
  if (inodes.length === 0) return undefined
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`))
  for (const pid of namesIn('/proc').filter((name) => /^\d+$/.test(name))) {
    const holds = namesIn(`/proc/${pid}/fd`).some((fd) => wanted.has(linkOf(`/proc/${pid}/fd/${fd}`)))
    if (holds) return `process ${pid} (${textOf(`/proc/${pid}/comm`).trim()})`
  }
  return undefined
}

/** Inodes of the listening sockets in a table of proc(5). */
function listeners(table: string, port: number): readonly string[] {
  const LISTEN = '0A'
  const ending = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return textOf(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap((fields) => (fields[1]?.endsWith(ending) && fields[3] === LISTEN ? [fields[9] ?? ''] : []))
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
