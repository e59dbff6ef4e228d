import { createSocket } from 'node:dgram'

/** A name server on loopback. */
export interface NameServer {
  /** `127.0.0.1:port`. */
  readonly address: string
  /** Names whose IPv4 addresses were asked for, in order. */
  readonly asked: string[]
  close(): Promise<void>
}

const TYPE_A = 1

/**
 * Answers with the IPv4 addresses of a name, the next list each time it is asked and then the last one; other names do not
 * exist. `silent` never answers.
 */
export async function nameServer(
  names: Readonly<Record<string, readonly (readonly string[])[]>> | 'silent',
): Promise<NameServer> {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    if (names === 'silent') return
    const { name, type, end } = questionOf(query)
    const lists = names[name]
    const times = asked.filter((one) => one === name).length
    if (type === TYPE_A) asked.push(name)
    const addresses = type === TYPE_A ? (lists?.[times] ?? lists?.at(-1) ?? []) : []
    socket.send(answer(query.subarray(0, end), addresses, lists !== undefined), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        socket.close(resolve)
      }),
  }
}

/** RFC 1035 §4.1.2, of a query with one question. */
function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function answer(question: Buffer, addresses: readonly string[], isKnown: boolean): Buffer {
  const header = Buffer.from(question)
  // An answer to a recursive query; 3: there is no such name.
  header.writeUInt16BE(0x8180 + (isKnown ? 0 : 3), 2)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt32BE(0, 8)
  const records = addresses.map((address) => {
    const record = Buffer.from('c00c00010001000000000004', 'hex')
    return Buffer.concat([record, Buffer.from(address.split('.').map(Number))])
  })
  return Buffer.concat([header, ...records])
}
