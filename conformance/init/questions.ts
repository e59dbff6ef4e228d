import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { FactorSource, User } from '../account/account.ts'
import { secretIn } from '../account/secretIn.ts'
import { agree, choose, type Asker } from './asker.ts'

/** What `init` learned; paths are absolute. */
export interface Answers {
  readonly baseUrls: { readonly v1?: string; readonly v2?: string }
  readonly tls: { readonly caFile?: string; readonly certificateFile?: string; readonly keyFile?: string }
  readonly user: User
  readonly other?: User
  readonly lockable?: User
  readonly disabled?: string
  readonly expired?: string
  readonly lifetimes: { readonly sad?: number; readonly token?: number; readonly otp?: number }
  readonly lockAfter?: number
}

/** Asks everything that an account file may have. */
export async function askAll(asker: Asker): Promise<Answers> {
  return {
    baseUrls: await askBaseUrls(asker),
    tls: await askTls(asker),
    user: await askUser(asker, 'The user whom the suite acts as.'),
    ...(await askOthers(asker)),
    ...given('disabled', await askText(asker, CREDENTIAL('that is disabled'))),
    ...given('expired', await askText(asker, CREDENTIAL('whose certificate has expired'))),
    lifetimes: {
      ...given('sad', await askNumber(asker, LIFETIME('a SAD'))),
      ...given('token', await askNumber(asker, LIFETIME('an access token'))),
      ...given('otp', await askNumber(asker, LIFETIME('a one-time code'))),
    },
    ...given(
      'lockAfter',
      await askNumber(asker, {
        asks: 'Wrong attempts that lock a factor (empty: not known)',
        explains: 'With it, and with --destructive, the suite sees that guessing ends.',
      }),
    ),
  }
}

interface Open {
  readonly asks: string
  readonly explains: string
}

const CREDENTIAL = (which: string): Open => ({
  asks: `Id of a credential of the user ${which} (empty: none)`,
  explains: 'With it the suite sees that it cannot be used.',
})

const LIFETIME = (what: string): Open => ({
  asks: `Seconds that ${what} lives (empty: not known)`,
  explains: `With it the suite waits and sees that it ends, where --max-wait allows that long.`,
})

async function askBaseUrls(asker: Asker): Promise<Answers['baseUrls']> {
  for (;;) {
    const v1 = await askUrl(asker, 'v1')
    const v2 = await askUrl(asker, 'v2')
    if (v1 !== undefined || v2 !== undefined) return { ...given('v1', v1), ...given('v2', v2) }
    asker.say('One of them is needed.')
  }
}

async function askUrl(asker: Asker, version: 'v1' | 'v2'): Promise<string | undefined> {
  const answer = await asker.ask({
    asks: `Base URI of version ${version.slice(1)} (empty: not offered)`,
    explains: `What stands before the methods' names, such as https://service.example/csc/${version}`,
    fallback: '',
    check: (text) => {
      if (!/^https?:\/\/[^@]+$/.test(text) || !URL.canParse(text))
        throw new Error('That is no address that begins with https:// or http:// and names no user.')
    },
  })
  return answer === '' ? undefined : answer
}

async function askTls(asker: Asker): Promise<Answers['tls']> {
  const caFile = await askFile(asker, {
    asks: 'File of that authority, in PEM (empty: a well-known one)',
    explains: "The authority of the service's TLS certificate, where computers do not know it.",
  })
  const certificateFile = await askFile(asker, {
    asks: 'File of the client certificate, in PEM (empty: none)',
    explains: 'Some services ask applications for a TLS certificate.',
  })
  if (certificateFile === undefined) return given('caFile', caFile)
  const keyFile = await askSecretFile(asker, 'File of its key, in PEM', 'The key of the client certificate.')
  return { ...given('caFile', caFile), certificateFile, keyFile }
}

async function askUser(asker: Asker, who: string): Promise<User> {
  asker.say(`\n${who}`)
  return { authentication: await askAuthentication(asker), factors: await askFactors(asker) }
}

async function askAuthentication(asker: Asker): Promise<User['authentication']> {
  const way = await choose(
    asker,
    {
      asks: 'How does this user log in?',
      explains:
        'basic: auth/login with a password; bearer: with a token from elsewhere; none: TLS or the network says it.',
    },
    ['basic', 'bearer', 'none'],
  )
  if (way === 'none') return { none: {} }
  if (way === 'bearer') {
    const explains = 'The file is read for each call, so that a program may put a new token into it.'
    return { bearer: { tokenFile: await askSecretFile(asker, 'File that holds the token', explains) } }
  }
  const username = await asker.ask({ asks: 'Name', explains: 'The name that this user logs in with.' })
  const explains = 'The account file names the file and never holds the password.'
  const passwordFile = await askSecretFile(asker, 'File that holds the password', explains)
  return { basic: { username, passwordFile } }
}

async function askFactors(asker: Asker): Promise<Record<string, FactorSource>> {
  const factors: Record<string, FactorSource> = {}
  for (;;) {
    const id = await askText(asker, {
      asks: 'Id of a factor (empty: no more)',
      explains:
        'What a signature is authorized with: PIN and OTP in version 1, the ids of auth/objects in version 2.',
    })
    if (id === undefined) return factors
    factors[id] = await askSource(asker, id)
  }
}

async function askSource(asker: Asker, id: string): Promise<FactorSource> {
  const kind = await choose(
    asker,
    {
      asks: `Where does the value of ${id} come from?`,
      explains:
        'file: always the same; authenticator: a TOTP secret; command: prints the newest code; folder: a file for each code.',
    },
    ['file', 'authenticator', 'command', 'folder'],
  )
  if (kind === 'file') return { file: await askSecretFile(asker, 'File', 'It holds the value alone.') }
  if (kind === 'authenticator')
    return { secretFile: await askSecretFile(asker, 'File', 'The secret in Base32, or an otpauth URI.') }
  if (kind === 'command')
    return {
      command: await asker.ask({
        asks: 'Command',
        explains: 'It is run by /bin/sh after the service was asked to send a code, and prints the code.',
      }),
    }
  const folder = await asker.ask({
    asks: 'Folder',
    explains: 'Each code comes as a new file: JSON with a member `code`, or the code alone.',
    check: async (path) => {
      const status = await stat(path).catch(() => undefined)
      if (status?.isDirectory() !== true) throw new Error(`${path} is no folder.`)
    },
  })
  return { folder: resolve(folder) }
}

async function askOthers(asker: Asker): Promise<Pick<Answers, 'other' | 'lockable'>> {
  const hasOther = await agree(asker, {
    asks: 'Is there another user?',
    explains: 'With one the suite sees that nobody reaches what belongs to somebody else.',
  })
  const other = hasOther ? await askUser(asker, 'The other user, with a credential.') : undefined
  const hasLockable = await agree(asker, {
    asks: 'Is there a user whose factors may get locked?',
    explains:
      'With --destructive the suite guesses until the service stops it. That user cannot sign afterwards.',
  })
  const lockable = hasLockable
    ? await askUser(asker, 'The user whose factors may get locked, with a credential.')
    : undefined
  return { ...given('other', other), ...given('lockable', lockable) }
}

async function askText(asker: Asker, question: Open): Promise<string | undefined> {
  const answer = await asker.ask({ ...question, fallback: '' })
  return answer === '' ? undefined : answer
}

async function askNumber(asker: Asker, question: Open): Promise<number | undefined> {
  const answer = await asker.ask({
    ...question,
    fallback: '',
    check: (text) => {
      if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error('A whole number above 0 is needed.')
    },
  })
  return answer === '' ? undefined : Number(answer)
}

async function askFile(asker: Asker, question: Open): Promise<string | undefined> {
  const answer = await asker.ask({
    ...question,
    fallback: '',
    check: async (path) => {
      await readFile(path).catch((cause: unknown) => {
        throw new Error(`${path} cannot be read.`, { cause })
      })
    },
  })
  return answer === '' ? undefined : resolve(answer)
}

async function askSecretFile(asker: Asker, asks: string, explains: string): Promise<string> {
  const answer = await asker.ask({
    asks,
    explains,
    check: async (path) => {
      await secretIn(path)
    },
  })
  return resolve(answer)
}

/** A member, or none. */
function given<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value }
function given(name: string, value: unknown): Readonly<Record<string, unknown>> {
  return value === undefined ? {} : { [name]: value }
}
