/**
 * Fields as one unambiguous byte string: each with its length before it, as 32 bits big-endian. What a MAC or a hash
 * covers is built with this and nothing else.
 */
export function fieldBytes(fields: readonly (string | number | Uint8Array)[]): Buffer {
  const parts: Uint8Array[] = []
  for (const field of fields) {
    const part = field instanceof Uint8Array ? field : Buffer.from(String(field))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    parts.push(length, part)
  }
  return Buffer.concat(parts)
}
