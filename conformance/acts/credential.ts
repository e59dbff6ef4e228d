import type { User } from '../account/account.ts'
import { NotOffered, NotRun } from '../outcome.ts'
import type { Trial } from '../trial.ts'
import { keyKind, usableCredentials, type Credential } from './credentials.ts'
import { demandsOf } from './factors.ts'

export interface Wish {
  /** The user's, unless it says otherwise. */
  readonly of?: User
  readonly key?: 'RSA' | 'EC'
  readonly scal?: '1' | '2'
  /** Signatures in one authorization, at least. */
  readonly multisign?: number
  /** Demands a code that the service sends, one that an authenticator shows, or what stays the same, such as a PIN. */
  readonly factor?: 'sent' | 'authenticator' | 'fixed'
}

/**
 * The first usable credential that is like this. One with an authenticator only if it must be: its codes come twice a
 * minute. Throws NotRun when the account has none.
 */
export async function credential(trial: Trial, wish: Wish = {}): Promise<Credential> {
  const { of: user = trial.account.user } = wish
  const fitting = (await usableCredentials(trial, user)).filter((one) => fits(trial, one, wish))
  const quick = fitting.find((one) => !hasAuthenticator(trial, one))
  const [first] = fitting
  if (first === undefined) throw new NotRun(wanted(wish))
  return wish.factor === 'authenticator' ? first : (quick ?? first)
}

/** The usable credential that may sign most in one authorization. Throws NotRun when there is none, NotOffered when it is one signature. */
export async function credentialOfMost(trial: Trial, scal?: '1' | '2'): Promise<Credential> {
  const wish = scal === undefined ? {} : { scal }
  const most = (await byMultisign(trial, wish)).at(-1)
  if (most === undefined) throw new NotRun(wanted(wish))
  if (most.multisign === 1) throw new NotOffered('no credential has a multisign above 1')
  return most
}

/** The one that may sign least: a request beyond it is still a small one. Throws NotRun when there is none. */
export async function credentialOfLeast(trial: Trial): Promise<Credential> {
  const [least] = await byMultisign(trial, {})
  if (least === undefined) throw new NotRun(wanted({}))
  return least
}

async function byMultisign(trial: Trial, wish: Wish): Promise<readonly Credential[]> {
  const all = (await usableCredentials(trial, trial.account.user)).filter((one) => fits(trial, one, wish))
  const quick = all.filter((one) => !hasAuthenticator(trial, one))
  return (quick.length > 0 ? quick : all).toSorted((one, other) => one.multisign - other.multisign)
}

/** The only authorization this suite makes by itself is the explicit one, with factors that the account file gives. */
function fits(trial: Trial, one: Credential, { key, scal, multisign, factor }: Wish): boolean {
  if (one.mode !== 'explicit') return false
  if (key !== undefined && keyKind(one) !== key) return false
  if (scal !== undefined && one.scal !== scal) return false
  if (multisign !== undefined && one.multisign < multisign) return false
  if (factor === 'authenticator') return hasAuthenticator(trial, one)
  if (factor === 'fixed') return demandsOf(trial, one).some(({ source }) => 'file' in source)
  return factor === undefined || demandsOf(trial, one).some(({ isSent }) => isSent)
}

function hasAuthenticator(trial: Trial, one: Credential): boolean {
  return demandsOf(trial, one).some(({ source }) => 'secretFile' in source)
}

const FACTOR_WORDS = {
  sent: 'a code that is sent',
  authenticator: 'an authenticator',
  fixed: 'a PIN or a password',
} as const

function wanted({ key, scal, multisign, factor }: Wish): string {
  return [
    'an enabled credential with explicit authorization',
    key === undefined ? '' : `a key of kind ${key}`,
    scal === undefined ? '' : `SCAL ${scal}`,
    multisign === undefined ? '' : `multisign of at least ${multisign}`,
    factor === undefined ? '' : FACTOR_WORDS[factor],
  ]
    .filter((text) => text !== '')
    .join(', ')
}
