import { z } from 'zod'
import type { CredentialFactor, CscSession, FactorKind, HashList } from './cscSession.ts'
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

const presence = z.enum(['true', 'false', 'optional'])
const label = z.string().optional()
const credential = commonCredential.extend({
  PIN: z.object({ presence, label }).optional(),
  OTP: z.object({ presence, label, type: z.enum(['online', 'offline']).optional() }).optional(),
})

/** Pages of `credentials/list` that are followed. */
const MAX_PAGES = 1000

/** CSC API v1.0.4.0 §11. */
export function v1Session(transport: CscTransport, accessToken: string): CscSession {
  const post = (method: string, body: object): Promise<unknown> =>
    transport.post({ method, body, authorization: `Bearer ${accessToken}` })

  return {
    accessToken,
    async list() {
      const ids: string[] = []
      let pageToken: string | undefined
      for (let page = 0; page < MAX_PAGES; page++) {
        const body = pageToken === undefined ? {} : { pageToken }
        const answer = parseAnswer(credentialList, await post('credentials/list', body), 'credentials/list')
        ids.push(...answer.credentialIDs)
        pageToken = answer.nextPageToken
        if (pageToken === undefined) break
      }
      return ids
    },
    async info(credentialId) {
      const body = { credentialID: credentialId, certificates: 'chain', authInfo: true }
      const answer = parseAnswer(credential, await post('credentials/info', body), 'credentials/info')
      return { ...commonInfo(credentialId, answer), factors: factorsOf(answer) }
    },
    async sendOtp({ credentialId, binding }) {
      const bound = binding && {
        ...hashMembers(binding),
        hashAlgo: binding.hashAlgorithm,
        nonce: binding.nonce.toString('base64'),
        description: binding.label,
      }
      await post('credentials/sendOTP', { credentialID: credentialId, ...bound })
      return undefined
    },
    async authorize({ credentialId, numberOfSignatures, list, factors, description }) {
      const valueOf = (...kinds: readonly FactorKind[]): string | undefined =>
        factors.find(({ kind }) => kinds.includes(kind))?.value
      const body = {
        credentialID: credentialId,
        numSignatures: numberOfSignatures,
        ...hashMembers(list),
        PIN: valueOf('pin'),
        OTP: valueOf('otp', 'totp'),
        description,
      }
      return parseAnswer(activationAnswer, await post('credentials/authorize', body), 'credentials/authorize')
    },
    async extend({ credentialId, sad, list }) {
      const method = 'credentials/extendTransaction'
      const body = { credentialID: credentialId, SAD: sad, ...hashMembers(list) }
      return parseAnswer(activationAnswer, await post(method, body), method)
    },
    async signHash(input) {
      const body = { ...signHashMembers(input), ...hashMembers(input), hashAlgo: input.hashAlgorithm }
      return signaturesOf(await post('signatures/signHash', body), input.hashes.length)
    },
    async revoke(token = accessToken) {
      await post('auth/revoke', { token })
    },
  }
}

function hashMembers(list: HashList | undefined): object {
  return list === undefined ? {} : { hash: base64List(list.hashes) }
}

function factorsOf({ PIN, OTP }: z.infer<typeof credential>): readonly CredentialFactor[] {
  const factors: CredentialFactor[] = []
  // Where both are optional one of them is needed: the code, which can be bound to the list.
  const needsOtp = OTP?.presence === 'true' || (OTP?.presence === 'optional' && PIN?.presence !== 'true')
  const needsPin = PIN?.presence === 'true' || (PIN?.presence === 'optional' && !needsOtp)
  // The OTP first, as the service checks it first.
  if (needsOtp)
    factors.push({ kind: OTP.type === 'offline' ? 'totp' : 'otp', id: 'OTP', label: OTP.label ?? 'OTP' })
  if (needsPin) factors.push({ kind: 'pin', id: 'PIN', label: PIN.label ?? 'PIN' })
  return factors
}
