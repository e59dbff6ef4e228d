import { randomBytes } from 'node:crypto'
import pkcs11, { type Handle } from 'pkcs11js'
import { KEY_TYPES, type KeyType } from '../sap/algorithms.ts'
import type { Connection } from './connection.ts'
import { NotOurs, TokenUnfit } from './errors.ts'
import type { InfrastructureKey, InfrastructurePurpose } from './hsm.ts'
import { PURPOSES, infrastructureTemplate, publicKeyTemplate, useRules } from './keyTemplates.ts'
import { attribute, findObjects, flag, unsigned, type Desk } from './objects.ts'
import { readPublicKey } from './publicKey.ts'

interface Known {
  readonly key: InfrastructureKey
  readonly purpose: InfrastructurePurpose
  readonly handle: Handle
  readonly epoch: number
}

export type ResidentPurpose = 'sign-p256' | 'sign-p384'

const RESIDENT: Readonly<Record<ResidentPurpose, KeyType>> = {
  'sign-p256': KEY_TYPES['p-256'],
  'sign-p384': KEY_TYPES['p-384'],
}

function isResident(purpose: InfrastructurePurpose): purpose is ResidentPurpose {
  return purpose === 'sign-p256' || purpose === 'sign-p384'
}

/** The token-resident keys of the service. Only a key that `open` found fit for its purpose is ever used. */
export class InfrastructureKeys {
  readonly #connection: Connection
  readonly #known = new Map<string, Known>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** Throws TokenUnfit if a key has that label already. */
  create(label: string, purpose: InfrastructurePurpose): InfrastructureKey {
    const name = { label, id: randomBytes(16) }
    this.#connection.desk((desk) => {
      if (findObjects(desk, [{ type: pkcs11.CKA_LABEL, value: label }]).length > 0)
        throw new TokenUnfit(`the label "${label}" is taken`)
      const template = infrastructureTemplate(purpose, name)
      if (isResident(purpose)) generatePair(desk, RESIDENT[purpose], name, template)
      else desk.pkcs11.C_GenerateKey(desk.session, generator(purpose), template)
    })
    return this.open(label, purpose)
  }

  /** Finds a key and checks its attributes. Throws TokenUnfit if it is missing, not unique or not fit. */
  open(label: string, purpose: InfrastructurePurpose): InfrastructureKey {
    return this.#find(label, purpose).key
  }

  /** The handle of an opened key. Throws TypeError if it was not opened for one of these purposes. */
  handleOf(key: InfrastructureKey, ...purposes: readonly InfrastructurePurpose[]): Handle {
    const known = this.#known.get(key.label)
    if (known?.key.id !== key.id || !purposes.includes(known.purpose))
      throw new TypeError(`key "${key.label}" was not opened for ${purposes.join(' or ')}`)
    return this.#current(known).handle
  }

  /** The handle of the opened wrapping key with this CKA_ID. Throws NotOurs if none was opened. */
  wrappingHandle(id: string): Handle {
    for (const known of this.#known.values())
      if (known.key.id === id && known.purpose === 'wrap') return this.#current(known).handle
    throw new NotOurs('the key is wrapped under a wrapping key that is not ours')
  }

  residentTypeOf(key: InfrastructureKey): KeyType {
    const purpose = this.#known.get(key.label)?.purpose
    if (purpose === undefined || !isResident(purpose))
      throw new TypeError(`key "${key.label}" was not opened for signing`)
    return RESIDENT[purpose]
  }

  /** DER SPKI. */
  publicKeyOf(key: InfrastructureKey): Buffer {
    const keyType = this.residentTypeOf(key)
    return this.#connection.desk((desk) => {
      const [handle, ...others] = findObjects(desk, [
        { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
        { type: pkcs11.CKA_LABEL, value: key.label },
        { type: pkcs11.CKA_ID, value: Buffer.from(key.id, 'hex') },
      ])
      if (handle === undefined || others.length > 0)
        throw new TokenUnfit(`the token has not exactly one public key "${key.label}"`)
      return readPublicKey(desk, handle, keyType)
    })
  }

  #current(known: Known): Known {
    if (known.epoch === this.#connection.epoch) return known
    const found = this.#find(known.key.label, known.purpose)
    if (found.key.id !== known.key.id) throw new TokenUnfit(`key "${known.key.label}" was replaced`)
    return found
  }

  #find(label: string, purpose: InfrastructurePurpose): Known {
    const known = this.#connection.desk((desk): Known => {
      const { objectClass } = PURPOSES[purpose]
      const [handle, ...others] = findObjects(desk, [
        { type: pkcs11.CKA_CLASS, value: objectClass },
        { type: pkcs11.CKA_LABEL, value: label },
      ])
      if (handle === undefined) throw new TokenUnfit(`the token has no key "${label}"`)
      if (others.length > 0) throw new TokenUnfit(`the token has more than one key "${label}"`)
      requireFit(desk, handle, label, purpose)
      const id = attribute(desk, handle, pkcs11.CKA_ID)?.toString('hex') ?? ''
      if (id === '') throw new TokenUnfit(`key "${label}" has no CKA_ID`)
      return { key: { label, id }, purpose, handle, epoch: this.#connection.epoch }
    })
    this.#known.set(label, known)
    return known
  }
}

/** Reads the attributes back: what a template asked for once is not what the token holds today. */
function requireFit(desk: Desk, handle: Handle, label: string, purpose: InfrastructurePurpose): void {
  const refuse = (what: string): never => {
    throw new TokenUnfit(`key "${label}" ${what}: it is not fit for ${purpose}`)
  }
  const { keyType, valueLength } = PURPOSES[purpose]
  if (unsigned(desk, handle, pkcs11.CKA_KEY_TYPE) !== keyType) refuse('has another key type')
  if (valueLength !== undefined && unsigned(desk, handle, pkcs11.CKA_VALUE_LEN) !== valueLength)
    refuse(`is not ${String(valueLength)} bytes long`)
  if (isResident(purpose)) {
    const { family } = RESIDENT[purpose]
    const parameters = attribute(desk, handle, pkcs11.CKA_EC_PARAMS)?.toString('hex')
    const keyTypeOfPurpose = RESIDENT[purpose]
    if (family !== 'ec' || keyTypeOfPurpose.family !== 'ec' || parameters !== keyTypeOfPurpose.ecParameters)
      refuse('is on another curve')
  }
  for (const [name, type] of MUST) if (flag(desk, handle, type) !== true) refuse(`lacks ${name}`)
  for (const [name, type] of MUST_NOT) if (flag(desk, handle, type) !== false) refuse(`is ${name}`)
  for (const rule of useRules(PURPOSES[purpose])) {
    const value = flag(desk, handle, rule.attribute)
    if (rule.allowed && value !== true) refuse(`may not ${rule.name}`)
    // A module that has no such attribute has no such use.
    if (!rule.allowed && value === true) refuse(`may ${rule.name}`)
  }
}

const MUST: readonly (readonly [string, number])[] = [
  ['TOKEN', pkcs11.CKA_TOKEN],
  ['PRIVATE', pkcs11.CKA_PRIVATE],
  ['SENSITIVE', pkcs11.CKA_SENSITIVE],
  ['ALWAYS_SENSITIVE', pkcs11.CKA_ALWAYS_SENSITIVE],
  ['NEVER_EXTRACTABLE', pkcs11.CKA_NEVER_EXTRACTABLE],
  ['LOCAL', pkcs11.CKA_LOCAL],
]

const MUST_NOT: readonly (readonly [string, number])[] = [
  ['extractable', pkcs11.CKA_EXTRACTABLE],
  ['modifiable', pkcs11.CKA_MODIFIABLE],
]

function generator(purpose: Exclude<InfrastructurePurpose, ResidentPurpose>): { readonly mechanism: number } {
  return { mechanism: purpose === 'mac' ? pkcs11.CKM_GENERIC_SECRET_KEY_GEN : pkcs11.CKM_AES_KEY_GEN }
}

function generatePair(
  desk: Desk,
  keyType: KeyType,
  name: { readonly label: string; readonly id: Buffer },
  privateTemplate: ReturnType<typeof infrastructureTemplate>,
): void {
  const mechanism = { mechanism: pkcs11.CKM_EC_KEY_PAIR_GEN }
  const publicTemplate = publicKeyTemplate(keyType, name)
  desk.pkcs11.C_GenerateKeyPair(desk.session, mechanism, publicTemplate, privateTemplate)
}
