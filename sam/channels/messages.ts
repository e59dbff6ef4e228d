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
