import { UNPRINTABLE } from '../../sap/codec.ts'

const UNPRINTABLES = new RegExp(UNPRINTABLE, 'gu')

/**
 * A description as messages and journals may hold it, and as the SAM takes it: spaces for control characters, half
 * characters and what turns the direction of text around.
 */
export function cleanLabel(text: string): string {
  return text.replace(UNPRINTABLES, ' ').trim()
}
