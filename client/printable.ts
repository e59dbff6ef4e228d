/** Names of files, and what documents hold, may be written to move a terminal's cursor or to hide in a message. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, ' ')
}
