import { SapFailure } from '../../sap/errors.ts'
import { asUsable } from '../activation/quarantine.ts'
import type { SamDeps } from '../deps.ts'
import type { KeyRecord } from '../state/recordKinds.ts'
import type { Stored } from '../state/records.ts'

/** The signer's key. One of another signer is answered exactly as one that does not exist. */
export async function ownedKey(
  deps: SamDeps,
  signerId: string,
  credentialId: string,
): Promise<Stored<'key'>> {
  const stored = await deps.records.read('key', credentialId)
  if (stored === undefined) throw new SapFailure('credential_unknown', 'no such credential')
  if (stored.value.signerId !== signerId)
    throw new SapFailure('credential_unknown', 'the credential belongs to another signer')
  return asUsable(deps, stored)
}

/** Any key, for roles that act on keys of all signers. */
export async function anyKey(deps: SamDeps, credentialId: string): Promise<Stored<'key'>> {
  const stored = await deps.records.read('key', credentialId)
  if (stored === undefined) throw new SapFailure('credential_unknown', 'no such credential')
  return asUsable(deps, stored)
}

/** Throws `credential_disabled` unless ACTIVE, `certificate_expired` with the subject when its time is over. */
export function requireUsable(key: KeyRecord, now: number): void {
  if (key.state !== 'ACTIVE') throw new SapFailure('credential_disabled', `the key is ${key.state}`)
  if (key.notBefore === undefined || key.notAfter === undefined)
    throw new SapFailure('credential_disabled', 'no certificate is linked')
  if (now < key.notBefore) throw new SapFailure('credential_disabled', 'the certificate is not valid yet')
  if (now > key.notAfter)
    throw new SapFailure('certificate_expired', 'the certificate has expired', {
      subject: { organization: key.subjectOrganization ?? '', commonName: key.subjectCommonName ?? '' },
    })
}
