import { later } from '../../csc/signatures/later.ts'
import { outcomeBytesOfDocuments, outcomeBytesOfHashes } from '../../csc/signatures/outcomeBytes.ts'
import { signDoc } from '../../csc/signatures/signDoc.ts'
import { signHash } from '../../csc/signatures/signHash.ts'
import { signPolling } from '../../csc/signatures/signPolling.ts'
import type { Deps } from '../../csc/deps.ts'
import { CscError } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import type { AsyncResult } from '../../ports/asynchronous.ts'
import { digestsOf, parametersOf } from '../bodies.ts'
import { Accepted, callerRoute, type Route } from '../route.ts'
import type * as wire from './contract.d.ts'
import { laterOptions } from './later.ts'
import { documentsAsked } from './signDocBody.ts'

const PENDING = new Accepted({
  error: 'accepted_request',
  error_description:
    'The previous asynchronous signature request has been accepted for processing, but the processing has not yet been completed.',
} satisfies wire.Error)

/** Of a request with documents, which stay in memory until they are signed; that of one with hashes is 1. */
const DOCUMENT_WEIGHT = 8

/** CSC API v2.0.0.2 §11.10 to §11.12. */
export function signatureRoutes(deps: Deps): Record<string, Route> {
  return {
    'signatures/signHash': callerRoute<wire.SignHashRequest>((body, caller) => {
      const input = {
        caller,
        credentialId: body.credentialID,
        sad: body.SAD,
        hashes: digestsOf(body.hashes),
        signAlgorithm: body.signAlgo,
        hashAlgorithm: body.hashAlgorithmOID,
        signAlgorithmParameters: parametersOf(body.signAlgoParams),
      }
      const { credentialId } = input
      const outcomeBytes = outcomeBytesOfHashes(input.hashes.length)
      const operation = 'signatures/signHash'
      const asked = { ...body, ...{ caller, operation, credentialId, outcomeBytes }, weight: 1 }
      return nowOrLater(deps, asked, async () => ({ signatures: await signHash(deps, input) }))
    }),
    'signatures/signDoc': callerRoute<wire.SignDocRequest>((body, caller) => {
      const credentialId = credentialOf(body)
      const input = { caller, credentialId, sad: body.SAD, ...documentsAsked(body) }
      const asked = {
        ...body,
        caller,
        operation: 'signatures/signDoc',
        credentialId,
        weight: DOCUMENT_WEIGHT,
        outcomeBytes: outcomeBytesOfDocuments(input.documents),
      }
      return nowOrLater(deps, asked, () => signDoc(deps, input))
    }),
    'signatures/signPolling': callerRoute<wire.SignPollingRequest>(async (body, caller, call) => {
      const takePlace = (): void => {
        call.takePlace()
      }
      const result = await signPolling(deps, { caller, responseId: body.requestID, takePlace })
      return result === undefined ? PENDING : membersOf(result)
    }),
  }
}

type Asked = Parameters<typeof laterOptions>[0] & {
  readonly caller: Caller
  readonly operation: string
  readonly credentialId: string
  readonly weight: number
  readonly outcomeBytes: number
}

/** The result, or in mode A the id to poll for it. */
async function nowOrLater(deps: Deps, asked: Asked, work: () => Promise<AsyncResult>): Promise<object> {
  const options = laterOptions(asked)
  if (options === undefined) return membersOf(await work())
  const { caller, operation, credentialId, weight, outcomeBytes } = asked
  return {
    responseID: await later(
      deps,
      { ...options, caller, operation, credentialId, weight, outcomeBytes },
      work,
    ),
  }
}

/** There are no qualified kinds of credentials here, so a signer's credential must be named. */
function credentialOf({ credentialID, signatureQualifier }: wire.SignDocRequest): string {
  if (signatureQualifier !== undefined)
    throw new CscError('invalid_request', 'Invalid parameter signatureQualifier')
  if (credentialID === undefined)
    throw new CscError('invalid_request', 'Missing (or invalid type) string parameter credentialID')
  return credentialID
}

function membersOf({ signatures, documents, signatureObjects }: AsyncResult): wire.SignPollingResponse {
  return {
    ...(signatures === undefined ? {} : { signatures: texts(signatures) }),
    ...(documents === undefined ? {} : { DocumentWithSignature: texts(documents) }),
    ...(signatureObjects === undefined ? {} : { SignatureObject: texts(signatureObjects) }),
  }
}

function texts(values: readonly Buffer[]): string[] {
  return values.map((value) => value.toString('base64'))
}
