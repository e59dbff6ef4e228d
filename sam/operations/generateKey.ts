import { createHash } from 'node:crypto'
import { KEY_TYPES } from '../../sap/algorithms.ts'
import { attestationBytes, publicKeySha256 } from '../../sap/attestation.ts'
import { ecdsaDer } from '../../sap/ecdsaSignature.ts'
import { SapFailure } from '../../sap/errors.ts'
import { expressionText } from '../../sap/expression.ts'
import { isNarrowing } from '../../sap/factorExpression.ts'
import type { Attestation, SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { requireSigner } from '../factors/enrol.ts'
import { newId } from '../ids.ts'
import type { KeyPolicy } from '../keyPolicy.ts'

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
  const policy = policyFor(deps, request)

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
        factors: expressionText(policy.factors),
        publicKeySha256: publicKeySha256(publicKey),
        wrappingKeyId: wrapped.wrappingKeyId,
        wrapMechanism: wrapped.mechanism,
      },
    })
  })
  return { credentialId, publicKey, attestation }
}

/** The policy by its name, narrowed if that was asked for: a registration officer makes no rules of the officer's. */
function policyFor({ config }: SamDeps, { policy: name, factors }: Request): KeyPolicy {
  const policy = Object.hasOwn(config.policies, name) ? config.policies[name] : undefined
  if (policy === undefined) throw new SapFailure('policy_unknown', `policy ${name} is not configured`)
  if (factors === undefined) return policy
  const narrowed = { ...policy, factors }
  if (!isNarrowing(narrowed, policy))
    throw new SapFailure('policy_exceeded', `policy ${name} does not take all that these factors would`)
  return narrowed
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
