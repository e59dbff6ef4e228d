import { deliverNotices } from '../../sam/channels/notices.ts'
import type { FactorKind, SamAnswer, SamRequest } from '../../sap/operations.ts'
import { newRequestId, type TestSam, type TestSigner } from './buildSam.ts'

/** What a change is asked for with: enough for one of each kind, any member can be overridden. */
export function wish(
  signer: TestSigner,
  kind: FactorKind,
  changes: Partial<SamRequest<'beginFactorChange'>> = {},
): SamRequest<'beginFactorChange'> {
  const { signerId, clientId } = signer
  const content = {
    pin: { pin: 'n3w-Pin4' },
    totp: {},
    otp: { channel: 'file', destination: `new-${signerId}@example.org` },
  } as const
  const isRemoval = changes.action === 'remove'
  return {
    ...{ requestId: newRequestId(), signerId, clientId, kind, action: 'set' },
    ...(isRemoval ? {} : content[kind]),
    ...changes,
  }
}

/** Asks for a change; the code as the signer received it, and the change's id. */
export async function asked(
  sam: TestSam,
  signer: TestSigner,
  kind: FactorKind,
  changes: Partial<SamRequest<'beginFactorChange'>> = {},
): Promise<{ readonly changeId: string; readonly otp: string }> {
  const { changeId } = await sam.ssa.call('beginFactorChange', wish(signer, kind, changes))
  return { changeId, otp: await sam.lastCode() }
}

export function proof(
  signer: TestSigner,
  given: { readonly changeId: string; readonly otp: string },
): SamRequest<'confirmFactorChange'> {
  const { signerId, clientId } = signer
  return { requestId: newRequestId(), signerId, clientId, ...given }
}

/** Asks for a change and proves it as the signer would. */
export async function changed(
  sam: TestSam,
  signer: TestSigner,
  kind: FactorKind,
  changes: Partial<SamRequest<'beginFactorChange'>> = {},
): Promise<SamAnswer<'confirmFactorChange'>> {
  return sam.ssa.call('confirmFactorChange', proof(signer, await asked(sam, signer, kind, changes)))
}

export async function factorsOf(
  sam: TestSam,
  { signerId }: TestSigner,
): Promise<SamAnswer<'factors'>['factors']> {
  return (await sam.ssa.call('factors', { requestId: newRequestId(), signerId })).factors
}

/** Sends the notices that are due, as the SAM's upkeep does. */
export function deliverDue(sam: TestSam): Promise<void> {
  const { database, records, channels, clock } = sam.deps
  return deliverNotices({ knex: database.write, records, channels, now: () => clock.now() })
}
