import { createHash } from 'node:crypto'
import { SapFailure } from '../../sap/errors.ts'
import type { SamAnswer, SamRequest } from '../../sap/operations.ts'
import type { SamDeps } from '../deps.ts'
import { readCertificate } from '../pki/certificate.ts'
import { chainProblem } from '../pki/certificateChain.ts'
import { retryConflicts } from '../state/retryConflicts.ts'
import { anyKey } from './ownedKey.ts'

/** The key becomes ACTIVE with the certificate that is for this very key and comes from a trusted issuer. */
export async function linkCertificate(
  deps: SamDeps,
  request: SamRequest<'linkCertificate'>,
): Promise<SamAnswer<'linkCertificate'>> {
  deps.state.requireOperational()
  const { requestId, chain } = request
  await retryConflicts(async () => {
    const key = await anyKey(deps, request.credentialId)
    if (key.value.state !== 'GENERATED')
      throw new SapFailure('state_forbids', `not possible in state ${key.value.state}`)
    const problem = chainProblem({
      chain,
      trusted: deps.trustedIssuers,
      publicKey: key.value.publicKey,
      now: deps.clock.now(),
    })
    const [leaf] = chain
    if (problem !== undefined || leaf === undefined)
      throw new SapFailure('certificate_refused', problem ?? 'none')
    const { notBefore, notAfter, subject } = readCertificate(leaf)
    const next = await deps.records.prepareNext(key, {
      ...key.value,
      state: 'ACTIVE',
      chain,
      notBefore,
      notAfter,
      subjectOrganization: subject.organization,
      subjectCommonName: subject.commonName,
    })
    await deps.writer.write(async (unit) => {
      await deps.records.put(unit, next)
      const certificateSha256 = createHash('sha256').update(leaf).digest('hex')
      unit.record({
        type: 'CERTIFICATE_LINKED',
        requestId,
        fields: { credentialId: key.id, certificateSha256 },
      })
    })
  })
  return {}
}
