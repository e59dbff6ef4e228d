import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { CscMalformedAnswer } from './cscErrors.ts'
import type { CredentialInfo, SignHashInput, SignatureActivation } from './cscSession.ts'

/** What v1 and v2 have in common on the wire, and the one way from an answer to a type. */

/** Throws CscMalformedAnswer, which names the member and never its value. */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, method: string): T {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const place = issue === undefined || issue.path.length === 0 ? 'the body' : issue.path.join('.')
  throw new CscMalformedAnswer(`The service's answer to ${method} is malformed at ${place}.`)
}

export const base64Bytes = z.base64().transform((text) => Buffer.from(text, 'base64'))

export const serviceInfo = z.object({ specs: z.string(), name: z.string(), methods: z.array(z.string()) })

export const loginAnswer = z.object({ access_token: z.string().min(1) })

export const credentialList = z.object({
  credentialIDs: z.array(z.string()),
  nextPageToken: z.string().optional(),
})

export const activationAnswer = z
  .object({ SAD: z.string().min(1), expiresIn: z.number().default(3600) })
  .transform((answer): SignatureActivation => ({ sad: answer.SAD, expiresInSeconds: answer.expiresIn }))

export const signHashAnswer = z.object({ signatures: z.array(base64Bytes) })

/** What `credentials/info` answers in both versions; each adds how the signer authorizes. */
export const commonCredential = z.object({
  description: z.string().default(''),
  key: z.object({ status: z.enum(['enabled', 'disabled']), algo: z.array(z.string()).min(1) }),
  cert: z.object({ certificates: z.array(z.base64()).min(1) }),
  SCAL: z.enum(['1', '2']).default('1'),
  multisign: z.number().int().min(1),
})

export function commonInfo(
  credentialId: string,
  answer: z.infer<typeof commonCredential>,
): Omit<CredentialInfo, 'factors'> {
  const [first, ...rest] = answer.cert.certificates.map((text) => certificateOf(text))
  if (first === undefined) throw new CscMalformedAnswer('The credential has no certificate.')
  return {
    credentialId,
    description: answer.description,
    isEnabled: answer.key.status === 'enabled',
    algorithms: answer.key.algo,
    chain: [first, ...rest],
    scal: answer.SCAL,
    multisign: answer.multisign,
  }
}

function certificateOf(text: string): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(text, 'base64'))
  } catch (cause) {
    throw new CscMalformedAnswer('A certificate of the credential cannot be read.', { cause })
  }
}

export function base64List(hashes: readonly Buffer[]): readonly string[] {
  return hashes.map((hash) => hash.toString('base64'))
}

/** The members of `signatures/signHash` that both versions have. */
export function signHashMembers(input: SignHashInput): object {
  const parameters = input.signAlgorithmParameters
  return {
    credentialID: input.credentialId,
    SAD: input.sad,
    signAlgo: input.signAlgorithm,
    ...(parameters === undefined ? {} : { signAlgoParams: parameters.toString('base64') }),
  }
}

export function signaturesOf(answer: unknown, count: number): readonly Buffer[] {
  const { signatures } = parseAnswer(signHashAnswer, answer, 'signatures/signHash')
  if (signatures.length === count) return signatures
  throw new CscMalformedAnswer('The service did not return one signature for each hash.')
}
