import { createHash } from 'node:crypto'
import pkcs11, { type Handle } from 'pkcs11js'
import { TokenUnfit } from './errors.ts'
import { attribute, findObjects, type Desk } from './objects.ts'

/*
 * No module promises that replacing a value is whole after a crash, and SoftHSM refuses to replace the value of a
 * data object at all. So each write makes a new object and keeps the one before it. Each object holds: counter
 * (8 bytes), SHA-256 over counter and value, value. The newest whole one counts.
 */

const COUNTER_LENGTH = 8
const HEADER_LENGTH = COUNTER_LENGTH + 32
const APPLICATION = 'chancery'

interface Copy {
  readonly handle: Handle
  /** -1 for a copy that is not whole. */
  readonly counter: bigint
  readonly value: Buffer | undefined
}

/** The newest whole value, or undefined if none was ever written. Throws TokenUnfit if there are copies, but no whole one. */
export function readData(desk: Desk, label: string): Buffer | undefined {
  const [newest] = copiesOf(desk, label)
  if (newest !== undefined && newest.value === undefined)
    throw new TokenUnfit(`no copy of data object "${label}" in the token is whole`)
  return newest?.value
}

/** Writes a new copy, then destroys all older ones but the newest whole one. */
export function writeData(desk: Desk, label: string, value: Uint8Array): void {
  const [newest, ...older] = copiesOf(desk, label)
  const counter = newest === undefined || newest.counter < 0n ? 1n : newest.counter + 1n
  desk.pkcs11.C_CreateObject(desk.session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_MODIFIABLE, value: false },
    { type: pkcs11.CKA_APPLICATION, value: APPLICATION },
    { type: pkcs11.CKA_LABEL, value: label },
    { type: pkcs11.CKA_VALUE, value: encode(counter, value) },
  ])
  for (const copy of older) desk.pkcs11.C_DestroyObject(desk.session, copy.handle)
}

/** Newest first; copies that are not whole come last. */
function copiesOf(desk: Desk, label: string): readonly Copy[] {
  return findObjects(desk, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
    { type: pkcs11.CKA_APPLICATION, value: APPLICATION },
    { type: pkcs11.CKA_LABEL, value: label },
  ])
    .map((handle): Copy => decode(handle, attribute(desk, handle, pkcs11.CKA_VALUE) ?? Buffer.alloc(0)))
    .sort((a, b) => (a.counter > b.counter ? -1 : a.counter < b.counter ? 1 : 0))
}

function encode(counter: bigint, value: Uint8Array): Buffer {
  const number = Buffer.alloc(COUNTER_LENGTH)
  number.writeBigUInt64BE(counter)
  return Buffer.concat([number, checksum(number, value), value])
}

function decode(handle: Handle, bytes: Buffer): Copy {
  const number = bytes.subarray(0, COUNTER_LENGTH)
  const value = bytes.subarray(HEADER_LENGTH)
  if (
    bytes.length < HEADER_LENGTH ||
    !checksum(number, value).equals(bytes.subarray(COUNTER_LENGTH, HEADER_LENGTH))
  )
    return { handle, counter: -1n, value: undefined }
  return { handle, counter: number.readBigUInt64BE(), value: Buffer.from(value) }
}

function checksum(counter: Uint8Array, value: Uint8Array): Buffer {
  return createHash('sha256').update(counter).update(value).digest()
}
