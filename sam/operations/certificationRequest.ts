import { KEY_TYPES } from '../../sap/algorithms.ts'
import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { buildCertificationRequest } from '../pki/certificationRequest.ts'
import { anyKey } from './ownedKey.ts'

/** PKCS#10 (RFC 2986) for a key without a certificate: name from the signer's record, key from the key's. */
export async function certificationRequest(
  deps: SamDeps,
  request: SamRequest<'certificationRequest'>,
): Promise<SamAnswer<'certificationRequest'>> {
  deps.state.requireOperational()
  const { id: credentialId, value: key } = await anyKey(deps, request.credentialId)
  if (key.state !== 'GENERATED') throw new SapFailure('state_forbids', `not possible in state ${key.state}`)
  const signer = await deps.records.read('signer', key.signerId)
  const { wrapMechanism: mechanism, wrappingKeyId, wrappedKey: bytes } = key
  if (signer === undefined || mechanism === undefined || wrappingKeyId === undefined || bytes === undefined)
    throw new Error('a generated key without its signer or its blob')
  const keyType = KEY_TYPES[key.keyType]
  // The one thing that a key signs without an activation: its own request, made here from our own records.
  const der = await deps.hsm.withUnwrappedKey(keyType, { mechanism, wrappingKeyId, bytes }, (sessionKey) =>
    buildCertificationRequest({
      subject: signer.value,
      publicKey: key.publicKey,
      keyType,
      sign: (digest, scheme) => deps.hsm.sign(sessionKey, scheme, digest),
    }),
  )
  await deps.writer.write((unit) => {
    unit.record({ type: 'CERTIFICATION_REQUESTED', requestId: request.requestId, fields: { credentialId } })
    return Promise.resolve()
  })
  return { certificationRequest: der }
}
