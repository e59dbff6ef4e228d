import type { FactorSource } from '../account/account.ts'
import type { NextValue } from '../account/factorValues.ts'
import { listAt, textAt } from '../json.ts'
import { NotRun } from '../outcome.ts'
import type { Trial } from '../trial.ts'
import { shown } from '../wire/answer.ts'
import type { Answer } from '../wire/answer.ts'
import type { Credential } from './credentials.ts'
import { smallestSatisfying } from './expression.ts'
import { post } from './post.ts'

/** The service sends no code, be it for a lock or for having sent many: what a case is about cannot be seen then. */
export class CodeRefused extends NotRun {
  constructor(answer: string) {
    super(`a code, which the service refused to send: ${answer}`)
  }
}

/** A factor that a credential demands. */
export interface Demand {
  /** `PIN`, `OTP` in version 1; the authentication object's id in version 2. */
  readonly id: string
  /** The service sends the code, when it is asked to. */
  readonly isSent: boolean
  readonly source: FactorSource
}

/** What has to be given for an authorization. Throws NotRun when the account file has no source for it. */
export function demandsOf(trial: Trial, one: Credential): readonly Demand[] {
  return trial.version === 'v1' ? demandsOfV1(one) : demandsOfV2(one)
}

function demandsOfV1(one: Credential): readonly Demand[] {
  const demanded = ['PIN', 'OTP'].filter((id) => textAt(one.info, `${id}/presence`) === 'true')
  return demanded.map((id) => {
    const isSent = id === 'OTP' && textAt(one.info, 'OTP/type') === 'online'
    // An authenticator is an OTP of version 1, too: the account file may know it by its own name.
    const names = isSent || id === 'PIN' ? [id] : ['TOTP', id]
    return { id, isSent, source: sourceOf(one, names) }
  })
}

function demandsOfV2(one: Credential): readonly Demand[] {
  const objects = listAt(one.info, 'auth/objects').map((object) => ({
    id: textAt(object, 'id') ?? '',
    type: textAt(object, 'type') ?? '',
  }))
  const usable = objects.filter(({ id }) => Object.hasOwn(one.user.factors, id)).map(({ id }) => id)
  const expression = textAt(one.info, 'auth/expression') ?? objects.map(({ id }) => id).join(' AND ')
  const chosen = smallestSatisfying(expression, usable)
  if (chosen === undefined) throw new NotRun(`factors for the expression “${expression}” (\`factors\`)`)
  return chosen.map((id) => {
    const type = objects.find((object) => object.id === id)?.type ?? ''
    return { id, isSent: type.startsWith('ChallengeResponse'), source: sourceOf(one, [id]) }
  })
}

function sourceOf({ user }: Credential, names: readonly string[]): FactorSource {
  const source = names.map((name) => user.factors[name]).find((one) => one !== undefined)
  if (source === undefined)
    throw new NotRun(`where the factor ${names.join(' or ')} comes from (\`factors\`)`)
  return source
}

/** The members of an authorization that hold the factors: `PIN` and `OTP`, or `authData`. */
export type FactorMembers = Readonly<Record<string, unknown>>

/** Asks for codes where they are sent, and gives the members with the right values. */
export async function factorMembers(trial: Trial, one: Credential): Promise<FactorMembers> {
  return membersOf(trial, await factorValuesOf(trial, one))
}

/** By id. */
export async function factorValuesOf(
  trial: Trial,
  one: Credential,
): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {}
  for (const demand of demandsOf(trial, one)) {
    const next = await trial.factorValues.prepare(demand.source)
    if (demand.isSent) await askForCode(trial, one, demand)
    values[demand.id] = await valueOf(trial, demand.id, next)
  }
  return values
}

/** `values` as this version's members. */
export function membersOf({ version }: Trial, values: Readonly<Record<string, string>>): FactorMembers {
  if (version === 'v1') return values
  return { authData: Object.entries(values).map(([id, value]) => ({ id, value })) }
}

async function valueOf(trial: Trial, id: string, next: NextValue): Promise<string> {
  const value = await next()
  trial.secrets.add(value, id)
  return value
}

async function askForCode(trial: Trial, one: Credential, demand: Demand): Promise<void> {
  const answer = await codeAskedFor(trial, one, demand)
  if (answer.status < 200 || answer.status > 299) throw new CodeRefused(shown(answer))
}

/** The answer to the call that has a code sent. */
export async function codeAskedFor(trial: Trial, one: Credential, { id }: Demand): Promise<Answer> {
  const credentialID = one.id
  return trial.version === 'v1'
    ? post(trial, 'credentials/sendOTP', { credentialID }, { as: one.user })
    : post(trial, 'credentials/getChallenge', { credentialID, authObjectID: id }, { as: one.user })
}
