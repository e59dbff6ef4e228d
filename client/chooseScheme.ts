import {
  DIGESTS,
  RSA_ENCRYPTION,
  RSASSA_PSS,
  signatureAlgorithmByOid,
  type DigestName,
  type SchemeName,
  type SignatureScheme,
} from '../sap/algorithms.ts'
import { pssParameters, signatureAlgorithmOid } from '../ades/cms/algorithmIdentifier.ts'
import type { CredentialInfo } from './csc/cscSession.ts'

export interface SchemeWish {
  readonly scheme?: SchemeName | undefined
  readonly digest?: DigestName | undefined
}

/** A scheme, and how it is asked for on the wire. */
export interface ChosenScheme {
  readonly scheme: SignatureScheme
  /** OIDs. */
  readonly signAlgorithm: string
  readonly hashAlgorithm: string
  /** DER. */
  readonly signAlgorithmParameters?: Buffer
}

/** The wish, completed by what the credential offers first. Throws RangeError if it does not offer it. */
export function chooseScheme({ algorithms, chain }: CredentialInfo, wish: SchemeWish): ChosenScheme {
  const keyType = chain[0].publicKey.asymmetricKeyType
  const first = algorithms
    .map((oid) => signatureAlgorithmByOid(oid))
    .find((algorithm) => algorithm !== undefined)
  const digest = wish.digest ?? first?.digest ?? 'sha256'
  const name = wish.scheme ?? (keyType === 'ec' ? 'ecdsa' : 'rsa-pkcs1')
  if ((name === 'ecdsa') !== (keyType === 'ec')) throw new RangeError(`The key is not one for ${name}.`)

  const scheme: SignatureScheme =
    name === 'rsa-pss' ? { name, digest, saltLength: DIGESTS[digest].length } : { name, digest }
  const combined = signatureAlgorithmOid(scheme)
  const signAlgorithm = [combined, ...(name === 'rsa-pkcs1' ? [RSA_ENCRYPTION] : [])].find((oid) =>
    algorithms.includes(oid),
  )
  if (signAlgorithm === undefined)
    throw new RangeError(`The credential does not offer ${name} with ${digest}.`)
  return {
    scheme,
    signAlgorithm,
    hashAlgorithm: DIGESTS[digest].oid,
    ...(scheme.name === 'rsa-pss' && signAlgorithm === RSASSA_PSS
      ? { signAlgorithmParameters: pssParameters(scheme) }
      : {}),
  }
}
