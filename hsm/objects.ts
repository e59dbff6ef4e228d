import pkcs11, { type Handle, type PKCS11, type Template } from 'pkcs11js'
import { isReturnValue } from './errors.ts'

/** A session and the module that it belongs to: what a synchronous call needs. */
export interface Desk {
  readonly pkcs11: PKCS11
  readonly session: Handle
}

/** Every object that matches the template, tokens' and sessions' alike. */
export function findObjects(desk: Desk, template: Template): readonly Handle[] {
  desk.pkcs11.C_FindObjectsInit(desk.session, template)
  try {
    const found: Handle[] = []
    for (;;) {
      const some = desk.pkcs11.C_FindObjects(desk.session, 64)
      if (some.length === 0) return found
      found.push(...some)
    }
  } finally {
    desk.pkcs11.C_FindObjectsFinal(desk.session)
  }
}

/** The value of an attribute, or undefined where the module does not know it, or does not give it away. */
export function attribute(desk: Desk, object: Handle, type: number): Buffer | undefined {
  try {
    const [result] = desk.pkcs11.C_GetAttributeValue(desk.session, object, [{ type }])
    return result?.value
  } catch (error) {
    if (isReturnValue(error, pkcs11.CKR_ATTRIBUTE_TYPE_INVALID, pkcs11.CKR_ATTRIBUTE_SENSITIVE))
      return undefined
    throw error
  }
}

export function flag(desk: Desk, object: Handle, type: number): boolean | undefined {
  const value = attribute(desk, object, type)
  return value?.length === 1 ? value[0] !== 0 : undefined
}

/** A CK_ULONG: in the byte order and width of this machine. */
export function unsigned(desk: Desk, object: Handle, type: number): number | undefined {
  const value = attribute(desk, object, type)
  if (value?.length === 8) return Number(value.readBigUInt64LE())
  return value?.length === 4 ? value.readUInt32LE() : undefined
}
