import { KEY_TYPES, type EcKeyType } from '../../sap/algorithms.ts'
import { ecdsaRaw } from '../../sap/ecdsaSignature.ts'
import type { Tolerances } from '../domain/tolerances.ts'
import { bytesOf } from './bodies.ts'

const CURVES = Object.values(KEY_TYPES).filter((keyType): keyType is EcKeyType => keyType.family === 'ec')

/** An answer as this client wants it spelt. Needs nothing but the answer: what was signed is not lost on the way. */
export function tolerantAnswer(tolerances: Tolerances, answer: object | undefined): object | undefined {
  if (answer === undefined) return tolerances.has('contentAlways') ? {} : undefined
  const isRaw = tolerances.has('rawEcdsa')
  const isUrl = tolerances.has('base64urlSignatures')
  if (!(isRaw || isUrl) || !('signatures' in answer) || !Array.isArray(answer.signatures)) return answer
  const signatures = answer.signatures.map((text) => {
    const signature = bytesOf(String(text))
    return (isRaw ? withoutDer(signature) : signature).toString(isUrl ? 'base64url' : 'base64')
  })
  return { ...answer, signatures }
}

/**
 * r‖s of an ECDSA signature; anything else as it is. The smallest curve that both numbers fit is theirs: that those of a
 * larger curve fit it too has a chance of 2^-128 at most.
 */
function withoutDer(signature: Buffer): Buffer {
  for (const keyType of CURVES.toSorted((one, other) => one.bits - other.bits)) {
    const raw = ecdsaRaw(signature, keyType)
    if (raw !== undefined) return raw
  }
  return signature
}
