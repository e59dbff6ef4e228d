import type { FactorKind } from '../../sap/operations.ts'

/** A signer has at most one factor of a kind, so its id says whose it is. */
export function factorId(kind: FactorKind, signerId: string): string {
  return `${kind}.${signerId}`
}
