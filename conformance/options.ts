import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { ApiVersion } from './section.ts'

/** What a run was asked for. */
export interface RunRequest {
  readonly baseUrl?: string
  readonly api: readonly ApiVersion[]
  readonly account: string
  readonly report?: string
  readonly junit?: string
  readonly json?: string
  readonly destructive: boolean
  /** Seconds. */
  readonly maxWait: number
  /** Parts of case ids; absent: all. */
  readonly only?: readonly string[]
}

export type Asked =
  | { readonly what: 'run'; readonly request: RunRequest }
  | { readonly what: 'init'; readonly file: string }
  | { readonly what: 'list' }

/** The command line could not be read, or asked for help: what was to say has been said. */
export class NothingToDo extends Error {
  override readonly name = 'NothingToDo'
  readonly exitCode: number

  constructor(exitCode: number) {
    super('nothing to do')
    this.exitCode = exitCode
  }
}

const DEFAULT_WAIT_SECONDS = 120

/** A request as a reader of the report sees it, one option each. */
export function optionsShown({
  account,
  baseUrl,
  api,
  only,
  destructive,
  maxWait,
}: RunRequest): readonly string[] {
  return [
    `--account ${account}`,
    ...(baseUrl === undefined ? [] : [`--base-url ${baseUrl}`]),
    ...(api.length === 1 ? [`--api ${api.join()}`] : []),
    ...(only === undefined ? [] : [`--only ${only.join(' ')}`]),
    ...(destructive ? ['--destructive'] : []),
    `--max-wait ${maxWait}`,
  ]
}

/** Where help goes, and complaints. */
export interface Talk {
  readonly out: { write(text: string): unknown }
  readonly progress: { write(text: string): unknown }
}

/** Reads the arguments after the program's name. Throws NothingToDo. */
export function readOptions(argv: readonly string[], { out, progress }: Talk): Asked {
  let asked: Asked | undefined
  const program = new Command('chancery-conformance')
    .description('Tests a remote signing service against the CSC API, clause by clause.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => progress.write(text) })
    .addOption(
      new Option('--base-url <url>', 'base URI, such as https://service.example/csc/v2').argParser(url),
    )
    .addOption(
      new Option('--api <version>', 'v1 or v2; both when the account file has both').choices(['v1', 'v2']),
    )
    .option('--account <file>', 'account file, or the connection.json of a Chancery service')
    .option('--report <file>', 'writes the report as HTML')
    .option('--junit <file>', 'writes it as JUnit XML')
    .option('--json <file>', 'writes it as JSON')
    .option('--only <text...>', 'only cases whose id contains one of these')
    .option('--destructive', 'also what cannot be changed back: factors of `lockable` get locked', false)
    .addOption(
      new Option('--max-wait <seconds>', 'the longest wait for something to expire')
        .argParser(seconds)
        .default(DEFAULT_WAIT_SECONDS),
    )
    .action((given: Given) => {
      asked = { what: 'run', request: requestOf(program, given) }
    })
  program
    .command('init <file>')
    .description('asks what the suite has to know and writes an account file')
    .action((file: string) => {
      asked = { what: 'init', file }
    })
  program
    .command('list')
    .description('lists the cases: id, level, clause and rule')
    .action(() => {
      asked = { what: 'list' }
    })
  try {
    program.parse(argv, { from: 'user' })
  } catch (cause) {
    if (cause instanceof CommanderError) throw new NothingToDo(cause.exitCode === 0 ? 0 : 2)
    throw cause
  }
  if (asked === undefined) throw new NothingToDo(2)
  return asked
}

interface Given {
  readonly baseUrl?: string
  readonly api?: ApiVersion
  readonly account?: string
  readonly report?: string
  readonly junit?: string
  readonly json?: string
  readonly only?: readonly string[]
  readonly destructive: boolean
  readonly maxWait: number
}

function requestOf(program: Command, { api, account, ...rest }: Given): RunRequest {
  if (account === undefined)
    program.error('error: --account is missing: name an account file', { exitCode: 2 })
  if (rest.baseUrl !== undefined && api === undefined)
    program.error('error: --base-url needs --api, for it is of one version', { exitCode: 2 })
  return { ...rest, account, api: api === undefined ? ['v1', 'v2'] : [api] }
}

function url(text: string): string {
  if (!URL.canParse(text)) throw new InvalidArgumentError('no URL')
  const { username, password, protocol } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') throw new InvalidArgumentError('no HTTP')
  if (username !== '' || password !== '')
    throw new InvalidArgumentError('name and password belong into the account file')
  return text
}

function seconds(text: string): number {
  const value = Number(text)
  if (!(value >= 0)) throw new InvalidArgumentError('no number of seconds')
  return value
}
