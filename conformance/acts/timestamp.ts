import { createHash, X509Certificate } from 'node:crypto'
import { TSTInfo } from 'pkijs'
import { holds } from '../expect.ts'
import { Refuted } from '../outcome.ts'
import { cmsOf, cmsVerifies } from './cms.ts'
import type { Document } from './documents.ts'

export const TIMESTAMP = 'signatures/timestamp'
const TST_INFO = '1.2.840.113549.1.9.16.1.4'
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8'

/** Throws Refuted, unless the token (RFC 3161) is over the document's hash, has the nonce, and verifies under a certificate in it. */
export function tokenVerifies(value: unknown, document: Document, nonce?: string): void {
  holds(typeof value === 'string' && value !== '', 'the member timestamp is missing, or no text')
  const cms = cmsOf(Buffer.from(value, 'base64'))
  holds(cms.contentType === TST_INFO, `the content of the token is ${cms.contentType}, no TSTInfo`)
  const content = cms.content ?? Buffer.of()
  const info = tstInfoOf(content)
  const imprint = Buffer.from(info.messageImprint.hashedMessage.valueBlock.valueHexView)
  const digest = createHash(document.algorithm).update(document.data).digest()
  holds(imprint.equals(digest), 'the token is over another hash')
  if (nonce !== undefined) {
    const told = Buffer.from(info.nonce?.valueBlock.valueHexView ?? new Uint8Array()).toString('hex')
    holds(
      told !== '' && BigInt(`0x${told}`) === BigInt(`0x${nonce}`),
      `the nonce in the token is ${told || 'missing'}`,
    )
  }
  const certificate = cms.certificates.find(isForTimeStamping)
  holds(certificate !== undefined, 'the token has no certificate for time-stamping in it')
  cmsVerifies(cms, content, certificate)
}

/** The time that a token says. Throws Refuted for what is no token. */
export function timeIn(value: unknown): Date {
  holds(typeof value === 'string', 'the member timestamp is missing, or no text')
  return tstInfoOf(cmsOf(Buffer.from(value, 'base64')).content ?? Buffer.of()).genTime
}

function tstInfoOf(content: Buffer): TSTInfo {
  try {
    return TSTInfo.fromBER(Uint8Array.from(content))
  } catch (cause) {
    throw new Refuted('the token’s content is no TSTInfo', { cause })
  }
}

function isForTimeStamping(certificate: Buffer): boolean {
  // Undefined, whatever its type says, where the certificate does not restrict its use.
  const uses: unknown = new X509Certificate(certificate).keyUsage
  return Array.isArray(uses) && uses.includes(TIME_STAMPING)
}
