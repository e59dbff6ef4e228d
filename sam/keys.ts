import { TokenUnfit } from '../hsm/errors.ts'
import type { InfrastructureKey, InfrastructurePurpose, KeyStore } from '../hsm/hsm.ts'
import type { SamKeys } from './deps.ts'

const KEYS: Readonly<
  Record<keyof SamKeys, { readonly label: string; readonly purpose: InfrastructurePurpose }>
> = {
  wrap: { label: 'sam-wrap', purpose: 'wrap' },
  mac: { label: 'sam-mac', purpose: 'mac' },
  otp: { label: 'sam-otp', purpose: 'mac' },
  pepper: { label: 'sam-pepper', purpose: 'mac' },
  seal: { label: 'sam-seal', purpose: 'encrypt' },
  identity: { label: 'sam-identity', purpose: 'sign-p256' },
  audit: { label: 'sam-audit', purpose: 'sign-p256' },
}

/** Makes the SAM's own keys in a new token; goes on where an earlier run stopped. */
export async function createSamKeys(store: KeyStore): Promise<void> {
  for (const { label, purpose } of Object.values(KEYS))
    await store.infrastructureKey(label, purpose).catch((error: unknown) => {
      if (!(error instanceof TokenUnfit)) throw error
      // Refused if the label is taken: a key that is there, but not fit, is not replaced.
      return store.createInfrastructureKey(label, purpose)
    })
}

/** Finds them and has their attributes checked: throws if one is missing or may do more than its purpose. */
export async function findSamKeys(store: KeyStore): Promise<SamKeys> {
  const find = (name: keyof SamKeys): Promise<InfrastructureKey> =>
    store.infrastructureKey(KEYS[name].label, KEYS[name].purpose)
  return {
    wrap: await find('wrap'),
    mac: await find('mac'),
    otp: await find('otp'),
    pepper: await find('pepper'),
    seal: await find('seal'),
    identity: await find('identity'),
    audit: await find('audit'),
  }
}
