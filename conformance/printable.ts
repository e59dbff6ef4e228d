/** Control characters but tab and line feed; marks that turn the writing direction; what may not stand in XML. */
const UNPRINTABLE = /[^\P{Cc}\t\n]|[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu
const LONE_SURROGATE = /\p{Cs}/gu

/**
 * A text of the service as it may be shown: what would steer a terminal, turn the writing direction, or may not stand in
 * XML is written as `\u001b`. Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(UNPRINTABLE, escaped).replace(LONE_SURROGATE, escaped)
}

function escaped(character: string): string {
  return String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
