import { randomUUID } from 'node:crypto'
import type { Extension } from '@peculiar/x509'
import type { KeyTypeName } from '../../sap/algorithms.ts'
import type { SamAnswer } from '../../sap/operations.ts'
import type { POLICIES, SamClient } from './samFolder.ts'
import { issueTestCertificate, type TestAuthority } from './testPki.ts'

export const newRequestId = (): string => randomUUID()

export interface TestSigner {
  readonly signerId: string
  readonly credentialId: string
  readonly publicKey: Buffer
  readonly pin: string
  /** The otpauth URI with the TOTP secret. */
  readonly otpauthUri: string
  readonly clientId: string
  readonly familyId: string
}

export interface TestSignerOptions {
  readonly policy?: keyof typeof POLICIES
  readonly keyType?: KeyTypeName
  /** Of an existing signer: then only another key is made. */
  readonly signer?: TestSigner
  readonly notBefore?: number
  readonly notAfter?: number
  /** Of the certificate. */
  readonly extensions?: readonly Extension[]
  readonly clientId?: string
}

/** A SAM that a signer can be made in: by its officers, and with certificates of its test CA. */
export interface Registration {
  readonly officer: SamClient
  readonly ra: SamClient
  readonly issuer: TestAuthority
}

/** A signer with all factors and one active key. */
export async function makeSigner(sam: Registration, options: TestSignerOptions = {}): Promise<TestSigner> {
  const requestId = newRequestId()
  const clientId = options.clientId ?? 'demo-app'
  await sam.officer.call('registerClient', { requestId, clientId, name: `Application ${clientId}` })
  const person = options.signer ?? (await enrolPerson(sam))
  const { signerId } = person
  const key = await sam.ra.call('generateKey', {
    requestId,
    signerId,
    keyType: options.keyType ?? 'p-256',
    policy: options.policy ?? 'otp',
  })
  await certify(sam, key, options)
  return { ...person, clientId, credentialId: key.credentialId, publicKey: key.publicKey }
}

async function enrolPerson(
  sam: Registration,
): Promise<Omit<TestSigner, 'credentialId' | 'publicKey' | 'clientId'>> {
  const requestId = newRequestId()
  const { signerId } = await sam.ra.call('createSigner', { requestId, commonName: 'Ada Test', country: 'DK' })
  const pin = 'k7-Pq2x9'
  await sam.ra.call('enrolPin', { requestId, signerId, pin })
  const { otpauthUri } = await sam.ra.call('enrolTotp', { requestId, signerId })
  const destination = `${signerId}@example.org`
  await sam.ra.call('setOtpDestination', { requestId, signerId, channel: 'file', destination })
  return { signerId, pin, otpauthUri, familyId: `fam-${signerId}` }
}

async function certify(
  sam: Registration,
  key: SamAnswer<'generateKey'>,
  options: TestSignerOptions,
): Promise<void> {
  const validity = {
    ...(options.notBefore === undefined ? {} : { notBefore: options.notBefore }),
    ...(options.notAfter === undefined ? {} : { notAfter: options.notAfter }),
  }
  const extensions = options.extensions ?? []
  const leaf = await issueTestCertificate(sam.issuer, key.publicKey, { ...validity, extensions })
  const { credentialId } = key
  await sam.ra.call('linkCertificate', { requestId: newRequestId(), credentialId, chain: [leaf] })
}
