import { satisfyingSets } from '../../sap/expression.ts'
import type { Credential, FactorKind } from './credential.ts'

/** Whether a factor must be given, may be, or must not. */
export type Presence = 'true' | 'optional' | 'false'

/** What CSC API v1.0.4.0 §11.5 can say of the factors: one word for the PIN, one for the one-time code of one kind. */
export interface Presences {
  readonly pin: Presence
  readonly code: Presence
  readonly codeKind: 'otp' | 'totp'
}

type PresenceInput = Pick<Credential, 'expression' | 'signs'>

/**
 * The words that say exactly which factors are taken; where both are optional, one of them is needed. Undefined where no
 * words do: two kinds of codes, factors of which only one may be given, or a key that signs nothing which v1 could send.
 */
export function presencesOf({ expression, signs }: PresenceInput): Presences | undefined {
  if (signs === 'documents') return undefined
  const sets = satisfyingSets(expression)
  const has = (kind: FactorKind): boolean => sets.some((set) => set.has(kind))
  if (has('otp') && has('totp')) return undefined
  const codeKind = has('totp') ? 'totp' : 'otp'
  const wordFor = (kind: FactorKind): Presence => {
    if (sets.every((set) => set.has(kind))) return 'true'
    return has(kind) ? 'optional' : 'false'
  }
  const words = { pin: wordFor('pin'), code: wordFor(codeKind), codeKind } as const
  return allowedBy(words) === sets.length ? words : undefined
}

/** How many sets of the two factors the words allow, without the empty one. Those that are taken are always among them. */
function allowedBy({ pin, code }: Presences): number {
  const ways = (word: Presence): number => (word === 'optional' ? 2 : 1)
  const allowsNone = pin !== 'true' && code !== 'true'
  return ways(pin) * ways(code) - (allowsNone ? 1 : 0)
}
