import type { FactorAction, FactorKind } from '../../sap/operations.ts'
import type { Message } from './channels.ts'

type Draft = Omit<Message, 'to'>

/** What an OTP's message says of the list that the OTP is for. */
export interface ListDescription {
  readonly clientName: string
  readonly numberOfSignatures: number
  /** As told by the client; nobody checked it. */
  readonly label: string | undefined
  readonly fingerprint: string
}

const minutes = (seconds: number): string => {
  const count = Math.max(1, Math.round(seconds / 60))
  return count === 1 ? '1 minute' : `${count} minutes`
}

const signatures = (count: number): string => (count === 1 ? '1 signature' : `${count} signatures`)

/** A code for one list: compare the fingerprint before you use it. */
export function boundOtpMessage(code: string, lifetimeSeconds: number, list: ListDescription): Draft {
  const lines = [
    `Your signing code: ${code}`,
    '',
    `It makes ${signatures(list.numberOfSignatures)} for ${list.clientName}.`,
    `Fingerprint: ${list.fingerprint}`,
    ...(list.label === undefined
      ? []
      : [`As told by the application, not checked: "${withoutFingerprints(list.label)}"`]),
    '',
    'Use the code only if your application shows the same fingerprint.',
    `It ends in ${minutes(lifetimeSeconds)} and works for nothing else. Nobody will ever ask you for it.`,
  ]
  return { subject: `Signing code for ${list.clientName}`, text: lines.join('\n'), code }
}

/** A label is whoever's text: nothing in it may look like the fingerprint that the signer compares. */
function withoutFingerprints(label: string): string {
  return label.replace(/\p{Cf}/gu, '').replace(/[\p{L}\p{N}]{4}\W+[\p{L}\p{N}]{4}\W+[\p{L}\p{N}]{4}/gu, '…')
}

/** A code that is not bound to any list: whoever has it first decides what it signs. */
export function plainOtpMessage(code: string, lifetimeSeconds: number, clientName: string): Draft {
  const lines = [
    `Your signing code: ${code}`,
    '',
    `It was asked for by ${clientName}, which did not say what will be signed.`,
    `It ends in ${minutes(lifetimeSeconds)}. Nobody will ever ask you for it.`,
  ]
  return { subject: `Signing code for ${clientName}`, text: lines.join('\n'), code }
}

/** A code for a credential that may be authorized before its documents exist. */
export function lateOtpMessage(
  code: string,
  lifetimeSeconds: number,
  late: { readonly clientName: string; readonly atMost: number },
): Draft {
  const lines = [
    `Your signing code: ${code}`,
    '',
    `It was asked for by ${late.clientName}. Documents not yet known: it allows up to ${signatures(late.atMost)} of documents`,
    'that the application chooses afterwards.',
    `It ends in ${minutes(lifetimeSeconds)}. Nobody will ever ask you for it.`,
  ]
  return { subject: `Signing code for ${late.clientName}`, text: lines.join('\n'), code }
}

/** What a factor is called to its signer. */
const FACTOR_NAMES: Readonly<Record<FactorKind, string>> = {
  pin: 'signing PIN',
  totp: 'authenticator app',
  otp: 'address for signing codes',
}

/** `add`: the signer has none yet. */
export type NamedAction = FactorAction | 'add'

const toDo = (action: NamedAction, kind: FactorKind): string =>
  ({ add: 'add a', set: 'change your', remove: 'remove your' })[action] + ` ${FACTOR_NAMES[kind]}`

/** A code for one change of a factor. It names the new destination in full: that is what the signer has to check. */
export function changeOtpMessage(
  code: string,
  lifetimeSeconds: number,
  change: {
    readonly clientName: string
    readonly kind: FactorKind
    readonly action: NamedAction
    readonly destination: string | undefined
  },
): Draft {
  const { clientName, kind, action, destination } = change
  const lines = [
    `Your code to ${toDo(action, kind)}: ${code}`,
    '',
    `It was asked for through ${clientName}. It signs nothing.`,
    ...(destination === undefined ? [] : [`Signing codes will go to: ${destination}`]),
    '',
    'If you did not ask for this, do not give the code to anybody.',
    `It ends in ${minutes(lifetimeSeconds)} and works for nothing else. Nobody will ever ask you for it.`,
  ]
  return { subject: `Code to ${toDo(action, kind)}`, text: lines.join('\n'), code }
}

/** To where codes went before: a change was proved, and when it begins to work. */
export function changeNoticeMessage(change: {
  readonly kind: FactorKind
  readonly action: FactorAction
  readonly destination: string | undefined
  readonly worksAt: Date
  /** The otpauth URI of a new authenticator. */
  readonly authenticator: string | undefined
}): Draft {
  const { kind, action, destination, worksAt, authenticator } = change
  const name = FACTOR_NAMES[kind]
  const what = action === 'remove' ? `Your ${name} will be removed` : `A new ${name} was set for you`
  const lines = [
    `${what}. This works from ${worksAt.toISOString()} on; until then everything stays as it was.`,
    ...(destination === undefined ? [] : [`Signing codes will go to: ${destination}`]),
    ...(authenticator === undefined
      ? []
      : ['', 'Open this in your authenticator app, and then delete this message:', authenticator, '']),
    'If this was not you, have the change cancelled at once, in your application or by your registration officer.',
  ]
  return { subject: what, text: lines.join('\n') }
}

export function changeCancelledMessage(kind: FactorKind): Draft {
  return {
    subject: 'A change was cancelled',
    text: `The change of your ${FACTOR_NAMES[kind]} that was waiting was cancelled. Everything stays as it was.`,
  }
}

/** What the registration officer did to a factor. */
export function officerNoticeMessage(kind: FactorKind, done: 'reset' | 'removed' | 'unlocked'): Draft {
  const name = FACTOR_NAMES[kind]
  const what = {
    reset: `Your ${name} was set anew`,
    removed: `Your ${name} was removed`,
    unlocked: `Your ${name} was unlocked`,
  }[done]
  return {
    subject: what,
    text: `${what} by your registration officer, and this holds at once. If you did not ask for it, call them now.`,
  }
}

export function receiptMessage(clientName: string, count: number, requestId: string): Draft {
  return {
    subject: `${signatures(count)} made with your key`,
    text: [
      `${signatures(count)} ${count === 1 ? 'was' : 'were'} made with your key for ${clientName}.`,
      `Reference: ${requestId}`,
      'If this was not you, have your certificate suspended at once.',
    ].join('\n'),
  }
}

export function factorLockedMessage(kind: string): Draft {
  return {
    subject: 'A signing factor of yours was locked',
    text: `After too many wrong attempts your ${kind.toUpperCase()} was locked. Your registration officer can unlock it.`,
  }
}

export function outcomeUnknownMessage(requestId: string): Draft {
  return {
    subject: 'A signing request was interrupted',
    text: [
      'A signing request of yours was interrupted. Whether its signature was made is not known; it was not handed out.',
      'It will not be repeated: ask for a new one in your application.',
      `Reference: ${requestId}`,
    ].join('\n'),
  }
}
