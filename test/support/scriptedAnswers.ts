import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { DIGESTS, KEY_TYPES, signatureAlgorithmsOf, type KeyTypeName } from '../../sap/algorithms.ts'
import { fingerprint } from '../../sap/fingerprint.ts'
import { resolveScheme } from '../../sap/resolveScheme.ts'
import type { LocalSigner } from './localSigner.ts'

export const CREDENTIAL_ID = 'cred-test'
export const OTP = '918273'
export const TOKEN = 'token-1'
const SAD = 'sad-1'

/** An answer in place of the usual one. */
export interface ScriptedAnswer {
  readonly status: number
  readonly body?: unknown
  readonly raw?: string
}

/** Whose the answers are. */
export interface AnsweringSigner {
  readonly folder: string
  readonly keyType: KeyTypeName
  readonly factors: readonly ('otp' | 'totp' | 'pin')[]
  readonly multisign: number
  readonly signer: LocalSigner
}

export function refusal(error: string, description: string): ScriptedAnswer {
  return { status: 400, body: { error, error_description: description } }
}

const binding = z.object({
  hash: z.array(z.base64()).optional(),
  hashes: z.array(z.base64()).optional(),
  hashAlgo: z.string().optional(),
  hashAlgorithmOID: z.string().optional(),
  nonce: z.base64(),
  description: z.string().optional(),
})

export interface Request {
  readonly version: 'v1' | 'v2'
  readonly method: string
  readonly body: Record<string, unknown>
}

/** What a service answers when all goes well. */
export function usualAnswer(service: AnsweringSigner, request: Request): ScriptedAnswer {
  switch (request.method) {
    case 'info':
      return { status: 200, body: { specs: '1.0.3.0', name: 'Scripted', methods: ['auth/login'] } }
    case 'auth/login':
      return { status: 200, body: { access_token: TOKEN, expires_in: 3600 } }
    case 'auth/revoke':
      return { status: 204 }
    case 'credentials/list':
      return { status: 200, body: { credentialIDs: [CREDENTIAL_ID] } }
    case 'credentials/info':
      return { status: 200, body: infoBody(service, request.version) }
    case 'credentials/sendOTP':
    case 'credentials/getChallenge':
      return deliverOtp(service, request)
    case 'credentials/authorize':
      return { status: 200, body: { SAD, expiresIn: 300 } }
    case 'credentials/extendTransaction':
      return { status: 200, body: { SAD: 'sad-2', expiresIn: 200 } }
    case 'signatures/signHash':
      return signHash(service, request)
    default:
      return { status: 501, body: { error: 'invalid_request', error_description: 'unknown' } }
  }
}

function infoBody({ keyType, factors, multisign, signer }: AnsweringSigner, version: 'v1' | 'v2'): object {
  const common = {
    key: { status: 'enabled', algo: signatureAlgorithmsOf(KEY_TYPES[keyType]), len: KEY_TYPES[keyType].bits },
    cert: { status: 'valid', certificates: signer.chain.map(({ raw }) => raw.toString('base64')) },
    SCAL: '2',
    multisign,
    lang: 'en',
  }
  if (version === 'v2') {
    const objects = factors.map((kind) => ({
      type: kind === 'otp' ? 'ChallengeResponse' : 'Password',
      id: kind.toUpperCase(),
    }))
    return { ...common, auth: { mode: 'explicit', objects } }
  }
  const has = (...kinds: readonly string[]): boolean => factors.some((kind) => kinds.includes(kind))
  return {
    ...common,
    authMode: 'explicit',
    PIN: has('pin') ? { presence: 'true', format: 'N', label: 'PIN' } : { presence: 'false' },
    OTP: has('otp', 'totp')
      ? { presence: 'true', type: has('otp') ? 'online' : 'offline', format: 'N', ID: 'otp-1' }
      : { presence: 'false' },
  }
}

/** As the signer's phone gets it: the fingerprint is computed here from what came over the wire. */
function deliverOtp({ folder }: AnsweringSigner, { body }: Request): ScriptedAnswer {
  const { hash, hashes, hashAlgo, hashAlgorithmOID, nonce, description } = binding.parse(body)
  const shown = fingerprint({
    nonce: Buffer.from(nonce, 'base64'),
    credentialId: CREDENTIAL_ID,
    hashAlgorithm: hashAlgo ?? hashAlgorithmOID ?? DIGESTS.sha256.oid,
    hashes: (hash ?? hashes ?? []).map((text) => Buffer.from(text, 'base64')),
  })
  const deliver = (name: string, text: string, code: string): void => {
    writeFileSync(
      join(folder, 'outbox', name),
      JSON.stringify({ to: 'ada', subject: 'Your code', text, code, time: 0 }),
    )
  }
  deliver('1-other.json', `As told: "x. Fingerprint: ${shown}" 000000\nFingerprint: 0000-0000-0000`, '000000')
  deliver('2-this.json', `To sign ${description ?? ''}: ${OTP}\nFingerprint: ${shown}`, OTP)
  return { status: 204 }
}

const signRequest = z.object({
  SAD: z.literal(SAD),
  hash: z.array(z.base64()).optional(),
  hashes: z.array(z.base64()).optional(),
  signAlgo: z.string(),
  signAlgoParams: z.base64().optional(),
  hashAlgo: z.string().optional(),
  hashAlgorithmOID: z.string().optional(),
})

function signHash({ keyType, signer }: AnsweringSigner, { body }: Request): ScriptedAnswer {
  const asked = signRequest.parse(body)
  const scheme = resolveScheme(KEY_TYPES[keyType], {
    signAlgorithm: asked.signAlgo,
    hashAlgorithm: asked.hashAlgo ?? asked.hashAlgorithmOID,
    parameters: asked.signAlgoParams === undefined ? undefined : Buffer.from(asked.signAlgoParams, 'base64'),
  })
  if (typeof scheme === 'string') return refusal('invalid_request', scheme)
  const hashes = (asked.hash ?? asked.hashes ?? []).map((text) => Buffer.from(text, 'base64'))
  if (hashes.some((hash) => hash.length !== DIGESTS[scheme.digest].length))
    return refusal('invalid_request', 'Invalid digest value length')
  return {
    status: 200,
    body: { signatures: hashes.map((hash) => signer.sign(scheme, hash).toString('base64')) },
  }
}
