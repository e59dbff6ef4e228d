import { setImmediate as nextTurn } from 'node:timers/promises'
import { DIGESTS, digestByOid, KEY_TYPES, type SignatureScheme } from '../../../sap/algorithms.ts'
import { resolveScheme } from '../../../sap/resolveScheme.ts'
import type { Credential } from '../../domain/credential.ts'
import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import type { AsyncResult } from '../../ports/asynchronous.ts'
import type { SignDocumentRequest } from '../../ports/sam.ts'
import { contextOf, type Deps } from '../deps.ts'
import { prepareDocument, type DocumentToSign, type PreparedDocument } from './prepareDocument.ts'
import { readDocuments } from './readDocuments.ts'

export interface SignDocInput extends Omit<SignDocumentRequest, 'documents'> {
  readonly caller: Caller
  readonly documents: readonly DocumentToSign[]
}

/**
 * CSC API v2.0.0.2 §11.11: AdES baseline B-B signatures, one for each document or digest, in order, all or nothing. Here
 * the signed attributes are built; the SAM checks each of them against the authorized digest before its key signs them.
 * A PDF that this service prepares is authorized by no digest that the signer could know: its SAD must be one for
 * documents that were not named (SCAL 1, late hashes). Throws Refusal.
 */
export async function signDoc(deps: Deps, input: SignDocInput): Promise<AsyncResult> {
  const { caller, documents, ...request } = input
  const credential = await deps.sam.credential(caller, request.credentialId)
  const scheme = schemeOf(credential, request)
  const time = new Date(deps.clock.now())
  const prepared: PreparedDocument[] = []
  const { userId } = caller
  for (const document of await readDocuments(deps, documents, { credential, scheme, time, userId })) {
    prepared.push(prepareDocument(document, { credential, scheme, time }))
    // Others have their turn between two documents.
    await nextTurn()
  }
  if (prepared.some(({ digest }) => digest.length !== DIGESTS[scheme.digest].length))
    throw new Refusal('digest_length_invalid')
  const context = contextOf(caller)
  const { credentialId, signAlgorithm } = request
  const hashes = prepared.length
  await deps.audit.record({ ...context, type: 'sign-requested', credentialId, hashes, signAlgorithm })
  const signatures = await signatureOf(deps, input, prepared)
  const result = resultOf(prepared, signatures)
  await deps.audit.record({ ...context, type: 'sign-completed', credentialId, signatures: hashes })
  return result
}

function schemeOf(
  credential: Credential,
  request: Pick<SignDocInput, 'signAlgorithm' | 'hashAlgorithm' | 'signAlgorithmParameters'>,
): SignatureScheme {
  const { signAlgorithm, hashAlgorithm, signAlgorithmParameters: parameters } = request
  const scheme = resolveScheme(KEY_TYPES[credential.keyType], { signAlgorithm, hashAlgorithm, parameters })
  switch (scheme) {
    case 'hash_algorithm_invalid':
      throw new Refusal(
        digestByOid(hashAlgorithm ?? '') === undefined
          ? 'hash_algorithm_invalid'
          : 'hash_algorithm_contradictory',
      )
    case 'sign_algorithm_parameters_missing':
      throw new Refusal('sign_parameters_missing')
    case 'sign_algorithm_parameters_invalid':
      throw new Refusal('sign_parameters_invalid')
    case 'sign_algorithm_invalid':
    case 'hash_algorithm_missing':
      throw new Refusal(scheme)
    default:
      return scheme
  }
}

async function signatureOf(
  deps: Deps,
  input: SignDocInput,
  prepared: readonly PreparedDocument[],
): Promise<readonly Buffer[]> {
  const { caller, documents, ...request } = input
  try {
    return await deps.sam.signDocument(caller, {
      ...request,
      documents: prepared.map(({ digest, format, signedAttributes }) => ({
        digest,
        format,
        signedAttributes,
      })),
    })
  } catch (error) {
    if (!(error instanceof Refusal) || error.reason !== 'hash_not_authorized') throw error
    // §11.11 has two rows for it: one for a digest that differs, one where no digest of it can have been authorized.
    const isOurs = documents.some(({ kind }) => kind === 'pdf')
    throw new Refusal(isOurs ? 'documents_not_authorized' : 'document_hash_mismatch', {
      cause: error,
      detail: error.detail,
    })
  }
}

function resultOf(prepared: readonly PreparedDocument[], signatures: readonly Buffer[]): AsyncResult {
  const completed = prepared.map(({ isEnveloping, complete }, index) => ({
    isEnveloping,
    bytes: complete(signatures[index] ?? Buffer.alloc(0)),
  }))
  const documents = completed.filter(({ isEnveloping }) => isEnveloping).map(({ bytes }) => bytes)
  const signatureObjects = completed.filter(({ isEnveloping }) => !isEnveloping).map(({ bytes }) => bytes)
  return {
    ...(documents.length === 0 ? {} : { documents }),
    ...(signatureObjects.length === 0 ? {} : { signatureObjects }),
  }
}
