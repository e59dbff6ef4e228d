import { createHash } from 'node:crypto'
import { KEY_TYPES } from '../../sap/algorithms.ts'
import { attestationBytes, publicKeySha256 } from '../../sap/attestation.ts'
import { ecdsaDer } from '../../sap/ecdsaSignature.ts'
import { SapFailure } from '../../sap/errors.ts'
import type { Attestation, SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { requireSigner } from '../factors/enrol.ts'
import { newId } from '../ids.ts'

type Request = SamRequest<'generateKey'>

/**
 * A key pair of the HSM for one signer, under a policy of the configuration. The policy is copied into the key's
 * record: a later change of the file changes no key. Signs nothing but its own PKCS#10 request until a certificate is
 * linked.
 */
export async function generateKey(deps: SamDeps, request: Request): Promise<SamAnswer<'generateKey'>> {
  deps.state.requireOperational()
  const { requestId, signerId, keyType } = request
  await requireSigner(deps, signerId)
  const policy = Object.hasOwn(deps.config.policies, request.policy)
    ? deps.config.policies[request.policy]
    : undefined
  if (policy === undefined)
    throw new SapFailure('policy_unknown', `policy ${request.policy} is not configured`)

  // No key from a token whose random numbers have ended.
  await deps.hsm.check()
  const credentialId = newId('cred-')
  const { publicKey, wrapped } = await deps.hsm.generateWrappedKey(KEY_TYPES[keyType], deps.keys.wrap)
  const generatedAt = deps.clock.now()
  const attestation = await attest(deps, {
    version: 'chancery-attestation-1',
    credentialId,
    signerId,
    keyType,
    publicKeySha256: publicKeySha256(publicKey),
    wrappingKeyId: wrapped.wrappingKeyId,
    profile: deps.config.profile,
    generatedAt,
  })
  const value = {
    ...policy,
    signerId,
    description: request.description ?? '',
    state: 'GENERATED' as const,
    keyType,
    publicKey,
    generatedAt,
    attestationStatement: attestation.statement,
    attestationSignature: attestation.signature,
    wrapMechanism: wrapped.mechanism,
    wrappingKeyId: wrapped.wrappingKeyId,
    wrappedKey: wrapped.bytes,
    chain: [],
  }
  const record = await deps.records.prepareNew('key', credentialId, value, signerId)
  await deps.writer.write(async (unit) => {
    await deps.records.put(unit, record)
    unit.record({
      type: 'KEY_GENERATED',
      requestId,
      fields: {
        credentialId,
        signerId,
        keyType,
        policy: request.policy,
        publicKeySha256: publicKeySha256(publicKey),
        wrappingKeyId: wrapped.wrappingKeyId,
        wrapMechanism: wrapped.mechanism,
      },
    })
  })
  return { credentialId, publicKey, attestation }
}

async function attest(
  deps: SamDeps,
  statement: Parameters<typeof attestationBytes>[0],
): Promise<Attestation> {
  const bytes = attestationBytes(statement)
  const digest = createHash('sha256').update(bytes).digest()
  const raw = await deps.hsm.signWithResident(deps.keys.identity, { name: 'ecdsa', digest: 'sha256' }, digest)
  const keyType = KEY_TYPES['p-256']
  if (keyType.family !== 'ec') throw new Error('p-256 is an EC key')
  return { statement: bytes, signature: ecdsaDer(raw, keyType) }
}
