import { constants, verify, type X509Certificate } from 'node:crypto'
import { AlgorithmIdentifier, RSASSAPSSParams, type SignerInfo } from 'pkijs'
import {
  digestByOid,
  RSA_ENCRYPTION,
  RSASSA_PSS,
  signatureAlgorithmByOid,
} from '../../../../sap/algorithms.ts'

/** RFC 5652 §5.4: the signature is over the DER of the signed attributes as a SET. */
export function isSignedBy(signer: SignerInfo, certificate: X509Certificate): boolean {
  const signed = Buffer.from(signer.signedAttrs?.encodedValue ?? new ArrayBuffer(0))
  const signature = Buffer.from(signer.signature.getValue())
  const scheme = schemeOf(signer)
  if (scheme === undefined || signed.length === 0) return false
  const key = certificate.publicKey
  if (scheme.family !== (key.asymmetricKeyType === 'rsa-pss' ? 'rsa' : key.asymmetricKeyType)) return false
  return verify(scheme.digest, signed, { key, ...scheme.options }, signature)
}

interface Scheme {
  readonly family: 'rsa' | 'ec'
  readonly digest: string
  readonly options: { readonly padding?: number; readonly saltLength?: number }
}

/** The same algorithms that this service signs with; the bare RSA OID takes the signer's digest (RFC 3370 §3.2). */
function schemeOf({ signatureAlgorithm, digestAlgorithm }: SignerInfo): Scheme | undefined {
  const { algorithmId } = signatureAlgorithm
  if (algorithmId === RSASSA_PSS) return pssScheme(signatureAlgorithm)
  const algorithm = signatureAlgorithmByOid(algorithmId)
  const digest =
    algorithmId === RSA_ENCRYPTION ? digestByOid(digestAlgorithm.algorithmId)?.name : algorithm?.digest
  if (algorithm === undefined || digest === undefined) return undefined
  const options = algorithm.family === 'rsa' ? { padding: constants.RSA_PKCS1_PADDING } : {}
  return { family: algorithm.family, digest, options }
}

function pssScheme({ algorithmParams }: AlgorithmIdentifier): Scheme | undefined {
  const params = new RSASSAPSSParams({ schema: algorithmParams })
  const digest = digestByOid(params.hashAlgorithm.algorithmId)?.name
  if (digest === undefined) return undefined
  const mask = new AlgorithmIdentifier({ schema: params.maskGenAlgorithm.algorithmParams })
  // node:crypto masks with the digest itself.
  if (mask.algorithmId !== params.hashAlgorithm.algorithmId) return undefined
  const padding = constants.RSA_PKCS1_PSS_PADDING
  return { family: 'rsa', digest, options: { padding, saltLength: params.saltLength } }
}
