import { constants, verify, type KeyObject } from 'node:crypto'
import type { SignerInfo } from 'pkijs'
import { holds } from '../expect.ts'
import type { HashName } from './documents.ts'
import { PSS } from './schemes.ts'

/** Whether a signer's signature over its signed attributes is the key's. Throws Refuted when it signs no attributes. */
export function signatureMatches(signer: SignerInfo, hash: HashName, key: KeyObject): boolean {
  const { signedAttrs, signature, signatureAlgorithm } = signer
  holds(signedAttrs !== undefined, 'the CMS signature has no signed attributes')
  // The attributes are signed as a SET, not under the tag that they have in the structure.
  const signed = Buffer.from(signedAttrs.encodedValue)
  const bytes = Buffer.from(signature.valueBlock.valueHexView)
  if (key.asymmetricKeyType === 'ec') return verify(hash, signed, { key, dsaEncoding: 'der' }, bytes)
  if (signatureAlgorithm.algorithmId !== PSS)
    return verify(hash, signed, { key, padding: constants.RSA_PKCS1_PADDING }, bytes)
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
  return verify(hash, signed, { key, ...padding }, bytes)
}
