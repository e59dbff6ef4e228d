import type { SignatureScheme } from '../sap/algorithms.ts'
import { assembleCms, type CmsInput } from './cms/assembleCms.ts'
import { isSignatureOf } from './cms/signature.ts'
import { signedAttributes } from './cms/signedAttributes.ts'
import { WrongSignature } from './wrongSignature.ts'

export interface CmsToPrepare extends Pick<CmsInput, 'chain' | 'content'> {
  readonly scheme: SignatureScheme
  /** Digest of the content, by `scheme.digest`. */
  readonly messageDigest: Buffer
  /** Claimed signing time: CAdES has one, PAdES must not. */
  readonly signingTime?: Date | undefined
}

export interface PreparedCms {
  /** Digest of the signed attributes, by `scheme.digest`: what the key must sign. */
  readonly hash: Buffer
  /** DER of the SET OF Attribute. */
  readonly signedAttributes: Buffer
  /** DER. Throws WrongSignature. */
  complete(signature: Buffer): Buffer
}

/** Prepares a baseline B-B signature (EN 319 122-1 §6.3, EN 319 142-1 §6.3) over a digest. */
export function prepareCms(input: CmsToPrepare): PreparedCms {
  const { chain, scheme, messageDigest, signingTime, content } = input
  const [certificate] = chain
  const attributes = signedAttributes({
    digest: scheme.digest,
    messageDigest,
    certificate,
    ...(signingTime === undefined ? {} : { signingTime }),
  })
  return {
    hash: attributes.digest,
    signedAttributes: attributes.der,
    complete(signature) {
      if (!isSignatureOf(certificate, { scheme, signed: attributes.der, signature }))
        throw new WrongSignature('The signature does not belong to the certificate and the document.')
      return assembleCms({ signedAttributes: attributes.der, scheme, chain, content }, signature)
    },
  }
}
