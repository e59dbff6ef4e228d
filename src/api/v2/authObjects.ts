import { expressionText } from '../../../sap/expression.ts'
import type { FactorExpression } from '../../../sap/factorExpression.ts'
import type { FactorKind, SignerFactor } from '../../domain/credential.ts'
import { Refusal } from '../../domain/errors.ts'
import { isSecret } from '../bodies.ts'
import { sentTo, type Labels } from '../labels.ts'
import type * as wire from './contract.d.ts'

/** CSC API v2.0.0.2 §8.2: the authentication objects of this service, by their ids. */
const OBJECTS: Readonly<Record<FactorKind, Omit<wire.AuthObject, 'label' | 'description'>>> = {
  // No format: a PIN may have other characters than v2's `A` allows.
  pin: { type: 'Password', id: 'PIN' },
  otp: { type: 'ChallengeResponse', id: 'OTP', format: 'N' },
  totp: { type: 'Password', id: 'TOTP', format: 'N' },
}

/** The factor that an authentication object stands for, or undefined. */
export function factorOfObject(id: string): FactorKind | undefined {
  if (id === OBJECTS.pin.id) return 'pin'
  if (id === OBJECTS.otp.id) return 'otp'
  return id === OBJECTS.totp.id ? 'totp' : undefined
}

/** `auth.expression` and `auth.objects` of a credential: the factors that its expression names. */
export function objectsOf(
  expression: FactorExpression,
  factors: readonly SignerFactor[],
  labels: Labels,
): {
  expression: string
  objects: wire.AuthObject[]
} {
  return {
    expression: expressionText(expression, (kind) => OBJECTS[kind].id),
    objects: factors.map(({ kind, destination }) => ({
      ...OBJECTS[kind],
      label: labels.factors[kind],
      ...sentTo(labels, destination),
    })),
  }
}

type Secrets = Readonly<Record<FactorKind, string | undefined>>

/** `authData` as factors. Throws Refusal for an unknown object, one given twice, one without a usable value. */
export function factorsOf(authData: NonNullable<wire.CredentialsAuthorizeRequest['authData']>): Secrets {
  const secrets: Record<FactorKind, string | undefined> = { pin: undefined, otp: undefined, totp: undefined }
  for (const { id, value } of authData) {
    const factor = factorOfObject(id)
    if (factor === undefined || secrets[factor] !== undefined) throw new Refusal('factor_unexpected')
    if (value === undefined || !isSecret(value))
      throw new Refusal(factor === 'pin' ? 'pin_invalid' : 'otp_invalid', { detail: 'not a code at all' })
    secrets[factor] = value
  }
  return secrets
}
