import type { InfoOptions } from '../../csc/credentials/info.ts'
import { CscError } from '../../domain/errors.ts'
import { infoOptions } from '../credentialMembers.ts'
import type * as wire from './contract.d.ts'

const CERTIFICATES = ['none', 'single', 'chain'] as const

/**
 * What is asked for of each listed credential; undefined where only the ids are. Then the members that say more are not
 * looked at, whatever they hold (CSC API v2.0.0.2 §11.4). Throws CscError.
 */
export function listedOptions(body: wire.CredentialsListRequest): InfoOptions | undefined {
  if (body.credentialInfo !== true) return undefined
  const certificates = CERTIFICATES.find((one) => one === (body.certificates ?? 'single'))
  if (certificates === undefined) throw new CscError('invalid_request', 'Invalid parameter certificates')
  return infoOptions({
    certificates,
    certInfo: flagOf('certInfo', body.certInfo),
    authInfo: flagOf('authInfo', body.authInfo),
  })
}

function flagOf(name: string, value: unknown): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false
  throw new CscError('invalid_request', `Missing (or invalid type) boolean parameter ${name}`)
}
