import { TokenUnfit } from '../hsm/errors.ts'
import type { Hsm, InfrastructureKey, KeyStore } from '../hsm/hsm.ts'
import type { CaConfig } from './config.ts'
import { AUTHORITY_KEY_TYPES } from './pki/authority.ts'
import type { Signer } from './pki/signCertificate.ts'

type Token = Pick<Hsm, 'publicKeyOf'> & KeyStore

const ROOT_LABEL = 'chancery-ca-root'
const ISSUING_LABEL = 'chancery-ca-issuing'
const PURPOSE = { 'p-256': 'sign-p256', 'p-384': 'sign-p384' } as const

export interface AuthorityKeys {
  readonly root: Signer
  readonly issuing: Signer
}

/** The CA's two keys in its token. Throws TokenUnfit if one is missing or is not what it must be. */
export async function findAuthorityKeys(
  token: Token,
  issuing: Pick<CaConfig['issuing'], 'keyType'>,
): Promise<AuthorityKeys> {
  const find = async (label: string, keyType: 'p-256' | 'p-384'): Promise<Signer> =>
    signerOf(token, await token.infrastructureKey(label, PURPOSE[keyType]), keyType)
  return { root: await find(ROOT_LABEL, 'p-384'), issuing: await find(ISSUING_LABEL, issuing.keyType) }
}

/** As `findAuthorityKeys`, but makes what is not there yet. */
export async function createAuthorityKeys(
  token: Token,
  issuing: Pick<CaConfig['issuing'], 'keyType'>,
): Promise<AuthorityKeys> {
  const find = async (label: string, keyType: 'p-256' | 'p-384'): Promise<Signer> =>
    signerOf(token, await findOrCreate(token, label, PURPOSE[keyType]), keyType)
  return { root: await find(ROOT_LABEL, 'p-384'), issuing: await find(ISSUING_LABEL, issuing.keyType) }
}

async function findOrCreate(
  token: KeyStore,
  label: string,
  purpose: (typeof PURPOSE)[keyof typeof PURPOSE],
): Promise<InfrastructureKey> {
  try {
    return await token.infrastructureKey(label, purpose)
  } catch (error) {
    if (!(error instanceof TokenUnfit)) throw error
    // Fails if the label is taken by something that is not fit: nothing is replaced.
    return token.createInfrastructureKey(label, purpose)
  }
}

async function signerOf(
  token: Pick<Hsm, 'publicKeyOf'>,
  key: InfrastructureKey,
  keyType: 'p-256' | 'p-384',
): Promise<Signer> {
  return { key, keyType: AUTHORITY_KEY_TYPES[keyType], publicKey: await token.publicKeyOf(key) }
}
