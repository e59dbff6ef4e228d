/** The content of the first INTEGER of an ECDSA-Sig-Value, hex. */
export function firstInteger(der: Buffer): string {
  const start = der[1] === 0x81 ? 3 : 2
  const length = der[start + 1] ?? 0
  return der.toString('hex', start + 2, start + 2 + length)
}

/** Whether a SEQUENCE has exactly two INTEGERs without a superfluous first byte. */
export function isMinimal(der: Buffer): boolean {
  const start = der[1] === 0x81 ? 3 : 2
  const length = start === 3 ? der[2] : der[1]
  if (der[0] !== 0x30 || length !== der.length - start) return false
  let here = start
  for (let count = 0; count < 2; count++) {
    const size = der[here + 1] ?? 0
    const [first = 0, second = 0] = der.subarray(here + 2, here + 4)
    if (der[here] !== 0x02 || size === 0 || first >= 0x80) return false
    if (size > 1 && first === 0 && second < 0x80) return false
    here += 2 + size
  }
  return here === der.length
}
