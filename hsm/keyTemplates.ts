import pkcs11, { type Template } from 'pkcs11js'
import type { KeyType } from '../sap/algorithms.ts'
import type { InfrastructurePurpose } from './hsm.ts'

/** What a key may be used for; every use that is not named is forbidden. */
type Use = 'encrypt' | 'decrypt' | 'sign' | 'verify' | 'wrap' | 'unwrap' | 'derive' | 'sign-recover'

const USE_ATTRIBUTE: Readonly<Record<Use, number>> = {
  encrypt: pkcs11.CKA_ENCRYPT,
  decrypt: pkcs11.CKA_DECRYPT,
  sign: pkcs11.CKA_SIGN,
  verify: pkcs11.CKA_VERIFY,
  wrap: pkcs11.CKA_WRAP,
  unwrap: pkcs11.CKA_UNWRAP,
  derive: pkcs11.CKA_DERIVE,
  'sign-recover': pkcs11.CKA_SIGN_RECOVER,
}

/** The uses that each kind of object has an attribute for (PKCS#11 v2.40, 4.8 to 4.10). */
const SECRET_KEY_USES: readonly Use[] = ['encrypt', 'decrypt', 'sign', 'verify', 'wrap', 'unwrap', 'derive']
const PRIVATE_KEY_USES: readonly Use[] = ['decrypt', 'sign', 'sign-recover', 'unwrap', 'derive']

interface Purpose {
  readonly objectClass: number
  readonly keyType: number
  /** CKA_VALUE_LEN in bytes, for secret keys. */
  readonly valueLength: number | undefined
  readonly allowed: readonly Use[]
  readonly possible: readonly Use[]
}

const secret = (keyType: number, allowed: readonly Use[]): Purpose => ({
  objectClass: pkcs11.CKO_SECRET_KEY,
  keyType,
  valueLength: 32,
  allowed,
  possible: SECRET_KEY_USES,
})

const signing = (keyType: number): Purpose => ({
  objectClass: pkcs11.CKO_PRIVATE_KEY,
  keyType,
  valueLength: undefined,
  allowed: ['sign'],
  possible: PRIVATE_KEY_USES,
})

export const PURPOSES: Readonly<Record<InfrastructurePurpose, Purpose>> = {
  // ENCRYPT or DECRYPT would let the token give a wrapped key out as data: SoftHSM would do it.
  wrap: secret(pkcs11.CKK_AES, ['wrap', 'unwrap']),
  mac: secret(pkcs11.CKK_GENERIC_SECRET, ['sign', 'verify']),
  encrypt: secret(pkcs11.CKK_AES, ['encrypt', 'decrypt']),
  'sign-p256': signing(pkcs11.CKK_EC),
  'sign-p384': signing(pkcs11.CKK_EC),
}

export interface UseRule {
  readonly name: Use
  readonly attribute: number
  readonly allowed: boolean
}

export function useRules(purpose: Pick<Purpose, 'allowed' | 'possible'>): readonly UseRule[] {
  return purpose.possible.map((name) => ({
    name,
    attribute: USE_ATTRIBUTE[name],
    allowed: purpose.allowed.includes(name),
  }))
}

function uses(purpose: Pick<Purpose, 'allowed' | 'possible'>): Template {
  return useRules(purpose).map((rule) => ({ type: rule.attribute, value: rule.allowed }))
}

interface Named {
  readonly label: string
  readonly id: Buffer
}

/** A key of the service: in the token for good, never readable, never changeable. */
export function infrastructureTemplate(purpose: InfrastructurePurpose, name: Named): Template {
  const { valueLength, ...rest } = PURPOSES[purpose]
  return [
    { type: pkcs11.CKA_CLASS, value: rest.objectClass },
    { type: pkcs11.CKA_KEY_TYPE, value: rest.keyType },
    ...(valueLength === undefined ? [] : [{ type: pkcs11.CKA_VALUE_LEN, value: valueLength }]),
    { type: pkcs11.CKA_LABEL, value: name.label },
    { type: pkcs11.CKA_ID, value: name.id },
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: false },
    { type: pkcs11.CKA_MODIFIABLE, value: false },
    ...uses(rest),
  ]
}

/** The public half of a signing key: in the token if it has a name, else for this session. */
export function publicKeyTemplate(keyType: KeyType, name?: Named): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
    { type: pkcs11.CKA_TOKEN, value: name !== undefined },
    { type: pkcs11.CKA_PRIVATE, value: false },
    { type: pkcs11.CKA_VERIFY, value: true },
    { type: pkcs11.CKA_ENCRYPT, value: false },
    { type: pkcs11.CKA_WRAP, value: false },
    ...(name === undefined
      ? []
      : [
          { type: pkcs11.CKA_LABEL, value: name.label },
          { type: pkcs11.CKA_ID, value: name.id },
          { type: pkcs11.CKA_MODIFIABLE, value: false },
        ]),
    ...(keyType.family === 'rsa'
      ? [
          { type: pkcs11.CKA_MODULUS_BITS, value: keyType.bits },
          { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from('010001', 'hex') },
        ]
      : [{ type: pkcs11.CKA_EC_PARAMS, value: Buffer.from(keyType.ecParameters, 'hex') }]),
  ]
}

/** A private signing key that lives only until it is wrapped: extractable, because it is to be wrapped. */
export function generatedKeyTemplate(wrapWithTrusted: boolean): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: true },
    ...(wrapWithTrusted ? [{ type: pkcs11.CKA_WRAP_WITH_TRUSTED, value: true }] : []),
    ...uses({ allowed: ['sign'], possible: PRIVATE_KEY_USES }),
  ]
}

/** A private signing key for one use: not extractable, not even by the wrapping key that brought it in. */
export function unwrappedKeyTemplate(keyType: KeyType): Template {
  return [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: keyType.family === 'rsa' ? pkcs11.CKK_RSA : pkcs11.CKK_EC },
    { type: pkcs11.CKA_TOKEN, value: false },
    { type: pkcs11.CKA_PRIVATE, value: true },
    { type: pkcs11.CKA_SENSITIVE, value: true },
    { type: pkcs11.CKA_EXTRACTABLE, value: false },
    ...uses({ allowed: ['sign'], possible: PRIVATE_KEY_USES }),
  ]
}
