import { DIGESTS, KEY_TYPES, type SignatureScheme } from '../../sap/algorithms.ts'
import { ecdsaDer } from '../../sap/ecdsaSignature.ts'
import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import { resolveScheme } from '../../sap/resolveScheme.ts'
import { activate } from '../activation/activate.ts'
import type { Activation } from '../activation/activation.ts'
import type { OpenedActivation } from '../activation/ledger.ts'
import { settle } from '../activation/settle.ts'
import { signActivation } from '../activation/signer.ts'
import type { SamDeps } from '../deps.ts'
import { occurrencesOf } from '../state/activations.ts'
import type { KeyRecord } from '../state/recordKinds.ts'
import type { Stored } from '../state/records.ts'
import { retryConflicts } from '../state/retryConflicts.ts'
import { openedSad } from './openedSad.ts'
import { ownedKey, requireUsable } from './ownedKey.ts'

type Request = SamRequest<'sign'>

/**
 * CSC API v1.0.4.0 §11.9, v2 §11.10: spends the hashes, signs them in request order, verifies, writes the outcome, and
 * only then answers. All or nothing; a spent hash is never signed again, whatever happens to the answer.
 */
export function sign(deps: SamDeps, request: Request): Promise<SamAnswer<'sign'>> {
  return signAuthorized(deps, request)
}

/** Makes of the authorized hashes what the key signs in their place. Throws what refuses the request: nothing is spent then. */
export type AttributeHashes = (key: Stored<'key'>, scheme: SignatureScheme) => readonly Buffer[]

export async function signAuthorized(
  deps: SamDeps,
  request: Request,
  attributeHashes?: AttributeHashes,
): Promise<SamAnswer<'sign'>> {
  deps.state.requireOperational()
  const { activation, reservationId, key, opened } = await retryConflicts(() =>
    prepare(deps, request, attributeHashes),
  )
  const result = await signActivation(deps, activation, key)
  await settle(deps, { requestId: request.requestId, opened, key, reservationId, result })
  if (result.outcome !== 'signed')
    throw new SapFailure('unavailable', `not signed: ${result.outcome}`, { cause: result.error })
  const keyType = KEY_TYPES[key.value.keyType]
  return {
    signatures: result.signatures.map((signature) =>
      keyType.family === 'ec' ? ecdsaDer(signature, keyType) : signature,
    ),
  }
}

interface Prepared {
  readonly activation: Activation
  readonly reservationId: string
  readonly key: Stored<'key'>
  readonly opened: OpenedActivation
}

async function prepare(
  deps: SamDeps,
  request: Request,
  attributeHashes: AttributeHashes | undefined,
): Promise<Prepared> {
  const opened = await openedSad(deps, request)
  const [key, occurrences] = await Promise.all([
    ownedKey(deps, request.signerId, request.credentialId),
    deps.reads.do(occurrencesOf, opened.row.id),
  ])
  requireUsable(key.value, deps.clock.now())
  requireSigns(key.value, attributeHashes === undefined ? 'hashes' : 'documents')
  if (opened.row.state !== 'open') throw new SapFailure('sad_invalid', `the SAD is ${opened.row.state}`)
  const scheme = requireScheme(request, key)
  if (request.hashes.some((hash) => hash.length !== DIGESTS[scheme.digest].length))
    throw new SapFailure('digest_length_invalid', `not every hash is a ${scheme.digest} value`)
  if (opened.row.expires_at <= deps.clock.now()) throw new SapFailure('sad_expired', 'the SAD has expired')
  const activated = await activate(deps, {
    requestId: request.requestId,
    opened,
    occurrences,
    key,
    scheme,
    digests: request.hashes,
    attributeHashes: attributeHashes?.(key, scheme),
  })
  return { ...activated, key, opened }
}

const NOT_SIGNED = { hashes: 'hashes_not_signed', documents: 'documents_not_signed' } as const

function requireSigns({ signs = 'both' }: KeyRecord, what: keyof typeof NOT_SIGNED): void {
  if (signs !== 'both' && signs !== what)
    throw new SapFailure(NOT_SIGNED[what], `the credential signs ${signs} only`)
}

function requireScheme(request: Request, key: Stored<'key'>): SignatureScheme {
  const scheme = resolveScheme(KEY_TYPES[key.value.keyType], {
    signAlgorithm: request.signAlgorithm,
    hashAlgorithm: request.hashAlgorithm,
    parameters: request.signAlgorithmParameters,
  })
  if (typeof scheme === 'string')
    throw new SapFailure(scheme, `${request.signAlgorithm} for ${key.value.keyType}`)
  return scheme
}
