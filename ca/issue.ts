import { createHash } from 'node:crypto'
import { publicKeySha256, type AttestationStatement } from '../sap/attestation.ts'
import { SapFailure } from '../sap/errors.ts'
import type { CaOperations } from '../sap/operations.ts'
import { subjectName } from '../sap/subjectName.ts'
import type { AnswerOf, RequestOf } from '../sap/transport/operationTypes.ts'
import { attestedKey } from './attestedKey.ts'
import type { CaDeps } from './deps.ts'
import { readCertificationRequest, type CertificationRequest } from './pki/certificationRequest.ts'
import { signerExtensions } from './pki/extensions.ts'
import { signCertificate, toBeSigned } from './pki/signCertificate.ts'
import type { BegunCertificate } from './state/certificates.ts'

type IssueRequest = RequestOf<CaOperations, 'issue'>

const SERIAL_BYTES = 16
const DAY_MS = 86_400_000

/**
 * Issues the one certificate of a key that the SAM attests. The key in the request must be the attested one, the name
 * is that of the request: the registration officer vouches for the person, the SAM for the key. The same request, asked
 * again because its answer was lost, gets the same certificate. Throws SapFailure: `certificate_refused`,
 * `already_exists`, `unavailable`.
 */
export async function issue(deps: CaDeps, input: IssueRequest): Promise<AnswerOf<CaOperations, 'issue'>> {
  if (deps.now() >= deps.issuing.notAfter) throw new SapFailure('unavailable', 'the issuing CA has expired')
  const statement = await attestedKey(deps, input)
  const request = acceptedRequest(input, statement)
  const serialNumber = await newSerialNumber(deps)
  const begun = begunCertificate(deps, { requestId: input.requestId, statement, request, serialNumber })
  if (!(await deps.certificates.begin(begun))) {
    const issued = await deps.certificates.issuedFor(begun)
    if (issued === undefined)
      throw new SapFailure('already_exists', 'the credential or its key has a certificate')
    return { chain: [issued, deps.issuing.certificate] }
  }
  const certificate = await sign(deps, begun, request, serialNumber)
  await deps.certificates.issued(begun, certificate, createHash('sha256').update(certificate).digest('hex'))
  return { chain: [certificate, deps.issuing.certificate] }
}

function acceptedRequest(input: IssueRequest, statement: AttestationStatement): CertificationRequest {
  const request = readCertificationRequest(input.certificationRequest, statement.keyType)
  if (typeof request === 'string') throw new SapFailure('certificate_refused', request)
  if (publicKeySha256(request.publicKey) !== statement.publicKeySha256)
    throw new SapFailure('certificate_refused', 'the request is for another key than the attested one')
  return request
}

async function newSerialNumber(deps: CaDeps): Promise<Buffer> {
  const drawn = await deps.hsm.random(SERIAL_BYTES)
  // RFC 5280 §4.1.2.2 wants a positive number; a token that gives only zeros is broken.
  if (drawn.length !== SERIAL_BYTES || drawn.every((byte) => byte === 0))
    throw new Error('the HSM gave no random serial number')
  return drawn
}

function begunCertificate(
  deps: CaDeps,
  input: {
    readonly requestId: string
    readonly statement: AttestationStatement
    readonly request: CertificationRequest
    readonly serialNumber: Buffer
  },
): BegunCertificate {
  const { requestId, statement, request, serialNumber } = input
  const begunAt = deps.now()
  const wanted = begunAt + deps.config.certificates.validDays * DAY_MS - 1000
  return {
    serial: serialNumber.toString('hex'),
    credentialId: statement.credentialId,
    signerId: statement.signerId,
    publicKeySha256: statement.publicKeySha256,
    requestId,
    requestSha256: createHash('sha256').update(request.signedPart).digest('hex'),
    begunAt,
    notAfter: Math.min(wanted, deps.issuing.notAfter),
  }
}

async function sign(
  deps: CaDeps,
  begun: BegunCertificate,
  request: CertificationRequest,
  serialNumber: Buffer,
): Promise<Buffer> {
  const { issuing } = deps
  try {
    const content = {
      serialNumber,
      issuer: issuing.name,
      subject: subjectName(request.subject),
      notBefore: begun.begunAt,
      notAfter: begun.notAfter,
      publicKey: request.publicKey,
      extensions: signerExtensions(request.publicKey, issuing, deps.config.certificates),
    }
    return await signCertificate(deps.hsm, issuing, toBeSigned(content, issuing.keyType))
  } catch (error) {
    const { serial, requestId, credentialId } = begun
    await deps.certificates.abandon(serial, requestId, credentialId, 'it could not be signed')
    throw error
  }
}
