import { createHash } from 'node:crypto'
import type { SignatureScheme } from '../../sap/algorithms.ts'
import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { attributesProblem, signingCertificateAttributes } from '../pki/signedAttributes.ts'
import type { Stored } from '../state/records.ts'
import { signAuthorized } from './sign.ts'

type Request = SamRequest<'signDocument'>

/**
 * CSC API v2.0.0.2 §11.11: the signer authorized documents' digests, but the key signs the hash of the signed attributes.
 * So the SAM checks each attribute against the digest and the credential's certificate, and hashes them itself; what is
 * spent is the document's digest. Throws `attributes_not_authorized` before anything is spent.
 */
export function signDocument(deps: SamDeps, request: Request): Promise<SamAnswer<'signDocument'>> {
  const { documents, ...rest } = request
  const hashes = documents.map(({ digest }) => digest)
  return signAuthorized(deps, { ...rest, hashes }, (key, scheme) =>
    checkedAttributeHashes(deps, documents, key, scheme),
  )
}

function checkedAttributeHashes(
  deps: SamDeps,
  documents: Request['documents'],
  key: Stored<'key'>,
  scheme: SignatureScheme,
): readonly Buffer[] {
  const [certificate] = key.value.chain
  if (certificate === undefined) throw new Error('a usable key without its certificate')
  const signingCertificate = signingCertificateAttributes(certificate)
  const now = deps.clock.now()
  return documents.map((document) => {
    const problem = attributesProblem({ ...document, signingCertificate, now })
    if (problem !== undefined) throw new SapFailure('attributes_not_authorized', problem)
    return createHash(scheme.digest).update(document.signedAttributes).digest()
  })
}
