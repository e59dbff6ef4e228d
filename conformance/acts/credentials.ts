import { X509Certificate } from 'node:crypto'
import type { User } from '../account/account.ts'
import { answered } from '../expect.ts'
import { numberAt, textAt, textsAt } from '../json.ts'
import type { Trial } from '../trial.ts'
import { post } from './post.ts'

/** A credential as `credentials/info` describes it. */
export interface Credential {
  readonly id: string
  readonly user: User
  /** OIDs of `key/algo`, in the service's order. */
  readonly algos: readonly string[]
  /** Bits. */
  readonly length: number
  readonly scal: '1' | '2'
  readonly multisign: number
  readonly mode: string
  /** DER of the signer's certificate. */
  readonly certificate: Buffer
  /** The whole answer, with certInfo and authInfo. */
  readonly info: unknown
}

/** Those of a user that are enabled and bear a certificate, in the order of the account file or of the service. */
export async function usableCredentials(trial: Trial, user: User): Promise<readonly Credential[]> {
  const found: Credential[] = []
  for (const id of await credentialIds(trial, user)) {
    const one = await credentialOf(trial, user, id)
    if (one !== undefined) found.push(one)
  }
  return found
}

/** What the certificate says, for services leave `key/curve` out, or empty. Another kind of key than these two is told by its own name. */
export function keyKind({ certificate }: Credential): string {
  const type = new X509Certificate(certificate).publicKey.asymmetricKeyType ?? ''
  if (type === 'ec') return 'EC'
  return type.startsWith('rsa') ? 'RSA' : type
}

/** What `credentials/list` names, or the account file. Without those that the account file calls unusable. */
export async function credentialIds(trial: Trial, user: User): Promise<readonly string[]> {
  if (user.credentials !== undefined) return user.credentials
  const key = `credentials of ${JSON.stringify(user.authentication)}`
  const kept = trial.learned.get(key)
  if (isTexts(kept)) return kept
  const ids = textsAt(answered(await post(trial, 'credentials/list', {}, { as: user })), 'credentialIDs')
  const { disabled, expired } = trial.account
  const usable = ids.filter((id) => id !== disabled && id !== expired)
  trial.learned.set(key, usable)
  return usable
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

/** Undefined for a credential that is disabled or bears no certificate. */
async function credentialOf(trial: Trial, user: User, id: string): Promise<Credential | undefined> {
  const one = await describedCredential(trial, user, id)
  return textAt(one.info, 'key/status') === 'enabled' && one.certificate.length > 0 ? one : undefined
}

/** Any credential of the user, also one that cannot be used; its certificate is empty where there is none. */
export async function describedCredential(trial: Trial, user: User, id: string): Promise<Credential> {
  const key = `credential ${id}`
  const kept = trial.learned.get(key)
  const info =
    kept ??
    answered(
      await post(
        trial,
        'credentials/info',
        { credentialID: id, certificates: 'chain', certInfo: true, authInfo: true },
        { as: user },
      ),
    )
  trial.learned.set(key, info)
  const [certificate] = textsAt(info, 'cert/certificates')
  return {
    id,
    user,
    algos: textsAt(info, 'key/algo'),
    length: numberAt(info, 'key/len') ?? 0,
    scal: textAt(info, 'SCAL') === '2' ? '2' : '1',
    multisign: numberAt(info, 'multisign') ?? 1,
    mode: textAt(info, 'authMode') ?? textAt(info, 'auth/mode') ?? '',
    certificate: Buffer.from(certificate ?? '', 'base64'),
    info,
  }
}
