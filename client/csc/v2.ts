import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { CscMalformedAnswer } from './cscErrors.ts'
import type { CredentialFactor, CscSession, FactorKind, HashList, SignatureActivation } from './cscSession.ts'
import { neededFactors } from './neededFactors.ts'
import type { CscTransport } from './transport.ts'
import {
  activationAnswer,
  base64List,
  commonCredential,
  commonInfo,
  credentialList,
  parseAnswer,
  signaturesOf,
  signHashMembers,
} from './wire.ts'

const authenticationObject = z.object({ type: z.string(), id: z.string(), label: z.string().optional() })
const credential = commonCredential.extend({
  auth: z.object({
    mode: z.string(),
    expression: z.string().optional(),
    objects: z.array(authenticationObject).default([]),
  }),
})
const pendingAnswer = z.object({ handle: z.string().min(1) })
/** Two minutes, as long as an answer may take. */
const MAX_CHECKS = 120
const CHECK_EVERY_MS = 1_000
const challengeAnswer = z.object({ challenge: z.string() }).optional()

/** CSC API v2.0.0.2 §11. */
export function v2Session(transport: CscTransport, accessToken: string): CscSession {
  const post = (method: string, body: object): Promise<unknown> =>
    transport.post({ method, body, authorization: `Bearer ${accessToken}` })

  return {
    accessToken,
    async list() {
      const answer = await post('credentials/list', {})
      return parseAnswer(credentialList, answer, 'credentials/list').credentialIDs
    },
    async info(credentialId) {
      const body = { credentialID: credentialId, certificates: 'chain', authInfo: true }
      const answer = parseAnswer(credential, await post('credentials/info', body), 'credentials/info')
      const { expression, objects } = answer.auth
      return {
        ...commonInfo(credentialId, answer),
        factors: neededFactors(expression, objects.map(factorOf)),
      }
    },
    async sendOtp({ credentialId, factorId = 'OTP', binding }) {
      const bound = binding && {
        ...hashMembers(binding),
        nonce: binding.nonce.toString('base64'),
        description: binding.label,
      }
      const body = { credentialID: credentialId, authObjectID: factorId, ...bound }
      const answer = await post('credentials/getChallenge', body)
      return parseAnswer(challengeAnswer, answer, 'credentials/getChallenge')?.challenge
    },
    async authorize({ credentialId, numberOfSignatures, list, factors, description }) {
      const body = {
        credentialID: credentialId,
        numSignatures: numberOfSignatures,
        ...hashMembers(list),
        authData: factors.map(({ kind, id = kind.toUpperCase(), value }) => ({ id, value })),
        description,
      }
      return activationOf(post, await post('credentials/authorize', body))
    },
    async extend({ credentialId, sad, list }) {
      const method = 'credentials/extendTransaction'
      const body = { credentialID: credentialId, SAD: sad, ...hashMembers(list) }
      return parseAnswer(activationAnswer, await post(method, body), method)
    },
    async signHash(input) {
      const body = { ...signHashMembers(input), ...hashMembers(input) }
      return signaturesOf(await post('signatures/signHash', body), input.hashes.length)
    },
    async revoke(token = accessToken) {
      await post('auth/revoke', { token })
    },
  }
}

/**
 * §11.7: an authorization that takes longer is answered with a handle, and asked for with it until it is done.
 */
async function activationOf(
  post: (method: string, body: object) => Promise<unknown>,
  first: unknown,
): Promise<SignatureActivation> {
  let answer = first
  for (let asked = 0; asked < MAX_CHECKS; asked += 1) {
    const pending = pendingAnswer.safeParse(answer)
    if (!pending.success) return parseAnswer(activationAnswer, answer, 'credentials/authorize')
    if (asked > 0) await sleep(CHECK_EVERY_MS)
    answer = await post('credentials/authorizeCheck', { handle: pending.data.handle })
  }
  throw new CscMalformedAnswer('The authorization did not come to an end.')
}

function hashMembers(list: HashList | undefined): object {
  if (list === undefined) return {}
  return { hashes: base64List(list.hashes), hashAlgorithmOID: list.hashAlgorithm }
}

/** v2 says how a factor is given, not what it is: a code that changes is told from a PIN by its id. */
function factorOf({ type, id, label = id }: z.infer<typeof authenticationObject>): CredentialFactor {
  return { kind: factorKind(type, id), id, label }
}

function factorKind(type: string, id: string): FactorKind {
  if (type === 'ChallengeResponse') return 'otp'
  if (type === 'Password') return /otp/i.test(id) ? 'totp' : 'pin'
  throw new CscMalformedAnswer('The credential needs a factor of a kind that this client does not know.')
}
