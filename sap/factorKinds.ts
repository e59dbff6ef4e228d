export const GRADES = ['static', 'plain-otp', 'bound-otp'] as const
/** How far an act showed the signer which list it authorizes: docs/security-model.md. */
export type Grade = (typeof GRADES)[number]

export const FACTOR_KINDS = ['pin', 'otp', 'totp'] as const
export type FactorKind = (typeof FACTOR_KINDS)[number]
