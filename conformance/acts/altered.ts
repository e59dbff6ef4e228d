/** The text with one character in its middle changed for another of its kind: as long, and as well formed. */
export function altered(text: string): string {
  const middle = Math.floor(text.length / 2)
  return text.slice(0, middle) + anotherFor(text.charAt(middle)) + text.slice(middle + 1)
}

function anotherFor(character: string): string {
  const kinds = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  const kind = kinds.find((one) => character !== '' && one.includes(character))
  if (kind === undefined) return 'x'
  return kind.charAt((kind.indexOf(character) + kind.length / 2) % kind.length)
}
