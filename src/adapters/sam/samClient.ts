import type { CertificateInfo, Credential } from '../../domain/credential.ts'
import { Refusal } from '../../domain/errors.ts'
import type { Caller } from '../../domain/principal.ts'
import type { Sam } from '../../ports/sam.ts'
import { SapFailure } from '../../../sap/errors.ts'
import { takenExpression } from '../../../sap/factorExpression.ts'
import type {
  SAM_OPERATIONS,
  SamAnswer,
  SamCredential,
  SamOperationName,
  SamRequest,
} from '../../../sap/operations.ts'
import type { OperationClient } from '../../../sap/transport/client.ts'
import { certificateInfo } from '../pki/certificateInfo.ts'
import { refusalOf } from './refusals.ts'

export type SapClient = OperationClient<typeof SAM_OPERATIONS>

/** The SAM's operations for the methods. Its refusals come as Refusal; what a correct SAM never says, as SapFailure. */
export function createSam(client: SapClient): Sam {
  const call = async <N extends SamOperationName>(name: N, request: SamRequest<N>): Promise<SamAnswer<N>> => {
    try {
      return await client.call(name, request)
    } catch (error) {
      throw error instanceof SapFailure ? refusalOf(error) : error
    }
  }
  return {
    status: (requestId) => call('status', { requestId }),
    async credential(caller, credentialId) {
      const answer = await call('credentials', { ...signerOf(caller), credentialId })
      const found = answer.credentials.map(credentialOf).find((credential) => credential?.id === credentialId)
      if (found === undefined) throw new Refusal('credential_invalid', { detail: 'unknown to the SAM' })
      return found
    },
    async credentials(caller, { after, limit }) {
      // One more than asked for: whether there is a next page.
      const answer = await call('credentials', { ...signerOf(caller), after, limit: limit + 1 })
      const page = answer.credentials.slice(0, limit)
      const found = page.map(credentialOf).filter((credential) => credential !== undefined)
      return {
        credentials: found.filter((credential) => credential.state !== 'DESTROYED'),
        last: answer.credentials.length > limit ? page.at(-1)?.credentialId : undefined,
      }
    },
    async factors(caller) {
      return (await call('factors', signerOf(caller))).factors
    },
    async sendOtp(caller, credentialId, binding) {
      await call('sendOtp', { ...withClient(caller), credentialId, binding })
    },
    authorize: (caller, request) => call('authorize', { ...withFamily(caller), ...request }),
    extend: (caller, request) => call('extend', { ...withFamily(caller), ...request }),
    async sign(caller, request) {
      const { signatures } = await call('sign', { ...withFamily(caller), ...request })
      if (signatures.length !== request.hashes.length)
        throw new SapFailure('internal', 'signatures are missing')
      return signatures
    },
    async signDocument(caller, request) {
      const { signatures } = await call('signDocument', { ...withFamily(caller), ...request })
      if (signatures.length !== request.documents.length)
        throw new SapFailure('internal', 'signatures are missing')
      return signatures
    },
    async voidSad({ requestId, familyId }, sad) {
      return (await call('voidSad', { requestId, familyId, sad })).voided
    },
  }
}

type SignerOf = Pick<Caller, 'requestId' | 'signerId'>
type WithClient = SignerOf & Pick<Caller, 'clientId'>

function signerOf({ requestId, signerId }: Caller): SignerOf {
  return { requestId, signerId }
}

function withClient({ requestId, signerId, clientId }: Caller): WithClient {
  return { requestId, signerId, clientId }
}

function withFamily(caller: Caller): WithClient & Pick<Caller, 'familyId'> {
  return { ...withClient(caller), familyId: caller.familyId }
}

/** Undefined for a key without a certificate: to clients it does not exist yet. */
function credentialOf(told: SamCredential): Credential | undefined {
  const [endEntity] = told.chain
  if (endEntity === undefined || told.state === 'GENERATED') return undefined
  let info: CertificateInfo | undefined
  return {
    id: told.credentialId,
    description: told.description,
    state: told.state,
    keyType: told.keyType,
    chain: told.chain,
    // Read when asked for: most calls need the policy only.
    get certificate() {
      return (info ??= certificateInfo(endEntity))
    },
    scal: told.policy.scal,
    multisign: told.policy.multisign,
    signs: told.policy.signs,
    expression: takenExpression(told.policy),
  }
}
