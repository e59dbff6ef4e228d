import { MalformedMessage } from '../sap/codec.ts'
import { SapFailure } from '../sap/errors.ts'
import type { SamOperationName, SamOperations } from '../sap/operations.ts'
import type { Handlers, Refusal } from '../sap/transport/server.ts'
import type { SamDeps } from './deps.ts'
import { acceptState } from './operations/acceptState.ts'
import { attestedKey } from './operations/attestedKey.ts'
import { authorize } from './operations/authorize.ts'
import { certificationRequest } from './operations/certificationRequest.ts'
import { beginFactorChange } from './operations/beginFactorChange.ts'
import { confirmFactorChange } from './operations/confirmFactorChange.ts'
import { cancelFactorChange } from './operations/cancelFactorChange.ts'
import { resetFactor } from './operations/resetFactor.ts'
import { removeFactor } from './operations/removeFactor.ts'
import { createSigner } from './operations/createSigner.ts'
import { credentials } from './operations/credentials.ts'
import { destroy } from './operations/destroy.ts'
import { enrolPin } from './operations/enrolPin.ts'
import { enrolTotp } from './operations/enrolTotp.ts'
import { extend } from './operations/extend.ts'
import { factors } from './operations/factors.ts'
import { generateKey } from './operations/generateKey.ts'
import { journal } from './operations/journal.ts'
import { linkCertificate } from './operations/linkCertificate.ts'
import { registerClient } from './operations/registerClient.ts'
import { resume } from './operations/resume.ts'
import { sendOtp } from './operations/sendOtp.ts'
import { setOtpDestination } from './operations/setOtpDestination.ts'
import { sign } from './operations/sign.ts'
import { signDocument } from './operations/signDocument.ts'
import { status } from './operations/status.ts'
import { suspend } from './operations/suspend.ts'
import { unlockFactor } from './operations/unlockFactor.ts'
import { voidSad } from './operations/voidSad.ts'
import { HsmUnavailable } from '../hsm/hsm.ts'
import { IntegrityFailure } from './state/records.ts'
import { isStorageFault } from '../store/faults.ts'

/** Operations that a LOCKED SAM still serves: finding out, and the way out. */
const SERVED_LOCKED: readonly SamOperationName[] = ['status', 'journal', 'acceptState']

/** Every operation, with what all have in common: a LOCKED SAM serves three, and a fault of the HSM is a code. */
export function samHandlers(deps: SamDeps): Handlers<SamOperations> {
  const serve = <Q, A>(
    name: SamOperationName,
    operation: (deps: SamDeps, request: Q) => Promise<A>,
  ): ((request: Q) => Promise<A>) => {
    return async (request) => {
      if (!SERVED_LOCKED.includes(name) && deps.state.name() === 'LOCKED')
        throw new SapFailure('unavailable', `LOCKED: ${deps.state.lockedBecause() ?? ''}`)
      try {
        return await operation(deps, request)
      } catch (error) {
        throw await translated(deps, error)
      }
    }
  }
  return {
    status: serve('status', status),
    credentials: serve('credentials', credentials),
    factors: serve('factors', factors),
    sendOtp: serve('sendOtp', sendOtp),
    authorize: serve('authorize', authorize),
    extend: serve('extend', extend),
    sign: serve('sign', sign),
    signDocument: serve('signDocument', signDocument),
    voidSad: serve('voidSad', voidSad),
    suspend: serve('suspend', suspend),
    createSigner: serve('createSigner', createSigner),
    enrolPin: serve('enrolPin', enrolPin),
    enrolTotp: serve('enrolTotp', enrolTotp),
    setOtpDestination: serve('setOtpDestination', setOtpDestination),
    beginFactorChange: serve('beginFactorChange', beginFactorChange),
    confirmFactorChange: serve('confirmFactorChange', confirmFactorChange),
    cancelFactorChange: serve('cancelFactorChange', cancelFactorChange),
    resetFactor: serve('resetFactor', resetFactor),
    removeFactor: serve('removeFactor', removeFactor),
    unlockFactor: serve('unlockFactor', unlockFactor),
    resume: serve('resume', resume),
    generateKey: serve('generateKey', generateKey),
    certificationRequest: serve('certificationRequest', certificationRequest),
    linkCertificate: serve('linkCertificate', linkCertificate),
    destroy: serve('destroy', destroy),
    attestedKey: serve('attestedKey', attestedKey),
    registerClient: serve('registerClient', registerClient),
    journal: serve('journal', journal),
    acceptState: serve('acceptState', acceptState),
  }
}

async function translated(deps: SamDeps, error: unknown): Promise<unknown> {
  if (error instanceof HsmUnavailable) {
    deps.state.setHsmAnswers(false)
    return new SapFailure('unavailable', 'the HSM does not answer', { cause: error })
  }
  if (error instanceof IntegrityFailure) {
    await deps.lockdown.lock(error.message)
    return new SapFailure('unavailable', `integrity: ${error.message}`, { cause: error })
  }
  if (isStorageFault(error))
    return new SapFailure('unavailable', 'the database does not work', { cause: error })
  return error
}

/** Every refusal is in the journal, with its reason, before the peer hears of it. */
export async function recordRefusal(deps: SamDeps, refusal: Refusal): Promise<void> {
  if (deps.state.name() === 'LOCKED') return
  const { operation, peer, requestId, code } = refusal
  await deps.writer.write((unit) => {
    unit.record({
      type: 'REFUSED',
      requestId,
      fields: {
        operation,
        code,
        reason: reasonOf(refusal.error),
        peer: peer?.name ?? '',
        role: peer?.role ?? '',
      },
    })
    return Promise.resolve()
  })
}

/** Only texts that this project wrote: an unexpected error's message may hold anything. */
function reasonOf(error: unknown): string {
  if (error instanceof SapFailure || error instanceof MalformedMessage) return error.message
  return error instanceof Error ? error.name : 'unexpected'
}
