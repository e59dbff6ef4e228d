import pkcs11 from 'pkcs11js'
import { useModule } from './cryptoki.ts'
import { TokenUnfit } from './errors.ts'
import { readPin } from './pinFile.ts'
import { paddedLabel, slotsLabelled } from './slots.ts'

export interface InitTokenConfig {
  /** Path of the PKCS#11 module. */
  readonly module: string
  readonly tokenLabel: string
  /** Path; holds the PIN that the user of the token gets. */
  readonly pinFile: string
  /** The security officer's PIN, UTF-8. Whoever loses it cannot reset the user's PIN. */
  readonly soPin: Buffer
  /** Set into process.env before C_Initialize, e.g. SOFTHSM2_CONF. */
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Makes a token on the first slot that has none: C_InitToken, then C_InitPIN. Both PINs go through the library
 * only, never through argv. Throws TokenUnfit if a token with that label exists, or no slot is free.
 */
export async function initToken(config: InitTokenConfig): Promise<void> {
  const pin = readPin(config.pinFile)
  const label = paddedLabel(config.tokenLabel)
  const module = useModule(config.module, config.environment)
  try {
    const p11 = module.pkcs11
    if (slotsLabelled(p11, config.tokenLabel).length > 0)
      throw new TokenUnfit(`a token labelled "${config.tokenLabel}" exists already`)
    const slot = p11
      .C_GetSlotList(true)
      .find((one) => (p11.C_GetTokenInfo(one).flags & pkcs11.CKF_TOKEN_INITIALIZED) === 0)
    if (slot === undefined) throw new TokenUnfit('the PKCS#11 module has no slot with an empty token')
    const soPin = config.soPin.toString('utf8')
    p11.C_InitToken(slot, soPin, label)
    const session = p11.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION)
    try {
      p11.C_Login(session, pkcs11.CKU_SO, soPin)
      p11.C_InitPIN(session, pin.value)
      p11.C_Logout(session)
    } finally {
      p11.C_CloseSession(session)
    }
  } finally {
    module.release()
  }
  return Promise.resolve()
}
