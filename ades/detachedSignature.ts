import type { SignatureScheme } from '../sap/algorithms.ts'
import { assembleCms, type CmsInput } from './cms/assembleCms.ts'
import { isSignatureOf } from './cms/signature.ts'
import { signedAttributes } from './cms/signedAttributes.ts'
import { WrongSignature } from './signPdf.ts'

export interface DetachedInput extends Pick<CmsInput, 'chain'> {
  readonly scheme: SignatureScheme
  /** Digest of the content, by `scheme.digest`. */
  readonly messageDigest: Buffer
  /** Claimed signing time. */
  readonly time: Date
}

export interface PreparedCms {
  /** What the key must sign, by `scheme.digest`. */
  readonly hash: Buffer
  /** DER. Throws WrongSignature. */
  complete(signature: Buffer): Buffer
}

/** Prepares a CAdES baseline B-B signature (EN 319 122-1 §6.3) beside its content, whatever that is. */
export function prepareDetached({ chain, scheme, messageDigest, time }: DetachedInput): PreparedCms {
  const [certificate] = chain
  const attributes = signedAttributes({
    digest: scheme.digest,
    messageDigest,
    certificate,
    signingTime: time,
  })
  return {
    hash: attributes.digest,
    complete(signature) {
      if (!isSignatureOf(certificate, { scheme, signed: attributes.der, signature }))
        throw new WrongSignature('The signature does not belong to the certificate and the document.')
      return assembleCms({ signedAttributes: attributes.der, scheme, chain }, signature)
    },
  }
}
