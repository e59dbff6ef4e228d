import type { Handle, PKCS11 } from 'pkcs11js'
import { TokenUnfit } from './errors.ts'

/** Length of a token label in bytes; shorter labels are padded with blanks (PKCS#11 v2.40, CK_TOKEN_INFO). */
const LABEL_LENGTH = 32

export function paddedLabel(label: string): string {
  const length = Buffer.byteLength(label)
  if (length === 0 || length > LABEL_LENGTH)
    throw new TokenUnfit(`token label "${label}" is not 1 to 32 bytes`)
  return label + ' '.repeat(LABEL_LENGTH - length)
}

/** The slots of all tokens with this label. */
export function slotsLabelled(pkcs11: PKCS11, label: string): readonly Handle[] {
  return pkcs11
    .C_GetSlotList(true)
    .filter((slot) => pkcs11.C_GetTokenInfo(slot).label.replace(/[ \0]+$/, '') === label)
}

/** The one slot whose token has this label. Throws TokenUnfit if there is none, or more than one. */
export function slotLabelled(pkcs11: PKCS11, label: string): Handle {
  const [slot, ...others] = slotsLabelled(pkcs11, label)
  if (slot === undefined) throw new TokenUnfit(`no token is labelled "${label}"`)
  if (others.length > 0) throw new TokenUnfit(`more than one token is labelled "${label}"`)
  return slot
}
