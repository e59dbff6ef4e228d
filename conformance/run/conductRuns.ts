import type { Account } from '../account/account.ts'
import { learnAccountSecrets } from '../account/accountSecrets.ts'
import { createFactorValues } from '../account/factorValues.ts'
import type { Case } from '../case.ts'
import { readErrorTables } from '../errorTables.ts'
import { optionsShown, type RunRequest } from '../options.ts'
import { Refuted, Unanswered } from '../outcome.ts'
import type { Report, VersionRun } from '../report/report.ts'
import type { ApiVersion } from '../section.ts'
import { createTrial, type Run } from '../trial.ts'
import { createSecrets } from '../wire/secrets.ts'
import { openService } from '../wire/service.ts'
import { maskedResult } from './maskedResult.ts'
import { isThere } from './isThere.ts'
import { infoOf } from './offers.ts'
import { notReached, runCases, type CasesRun, type RunOptions } from './runCases.ts'

/** How a run is watched, and ended from outside. */
export type Watch = Pick<RunOptions, 'onStart' | 'onResult' | 'signal'>

/**
 * Runs the suite at each version that was asked for. Throws Error before any case runs, when nothing answers at a base
 * URI, no case was chosen, or a secret file cannot be used.
 */
export async function conductRuns(
  account: Account,
  request: RunRequest,
  { cases, ...watch }: Watch & { readonly cases: readonly Case[] },
): Promise<Report> {
  const began = new Date()
  const opened: Opened[] = []
  try {
    for (const aim of aimsOf(account, request)) {
      const chosenOnes = chosen(cases, aim.version, request)
      opened.push(await open(account, request, aim, chosenOnes))
    }
    if (opened.every(({ cases }) => cases.length === 0))
      throw new Error(`no case has an id that contains ${request.only?.join(' or ') ?? ''}`)
    const runs: VersionRun[] = []
    for (const one of opened) runs.push(await conductRun(one, request, watch, runs.at(-1)?.halted))
    const isInterrupted = watch.signal?.aborted === true
    return { began, ended: new Date(), options: optionsShown(request), isInterrupted, runs }
  } finally {
    for (const { run } of opened) await run.service.close()
  }
}

interface Aim {
  readonly version: ApiVersion
  readonly baseUrl: string
}

function aimsOf(account: Account, request: RunRequest): readonly Aim[] {
  const aims = request.api.flatMap((version) => {
    const baseUrl = request.baseUrl ?? account.baseUrls[version]
    return baseUrl === undefined ? [] : [{ version, baseUrl }]
  })
  const [version] = request.api
  if (aims.length > 0) return aims
  throw new Error(
    request.api.length === 1 && version !== undefined
      ? `no base URL for ${version}: give --base-url, or baseUrls in the account file`
      : 'no base URL: give --base-url and --api, or baseUrls in the account file',
  )
}

interface Opened {
  readonly run: Run
  readonly info: unknown
  /** Why there is no `info`. */
  readonly unreadable: string | undefined
  readonly cases: readonly Case[]
}

async function open(
  account: Account,
  request: RunRequest,
  { version, baseUrl }: Aim,
  cases: readonly Case[],
): Promise<Opened> {
  const secrets = createSecrets()
  await learnAccountSecrets(account, secrets)
  const service = await openService(baseUrl, account.tls)
  const run: Run = {
    version,
    service,
    account,
    errors: readErrorTables(),
    secrets,
    factorValues: createFactorValues(),
    maxWaitSeconds: request.maxWait,
    learned: new Map(),
  }
  try {
    return { run, info: await infoOf(createTrial(run)), unreadable: undefined, cases }
  } catch (cause) {
    if (cause instanceof Refuted && !(cause instanceof Unanswered))
      return { run, info: undefined, unreadable: cause.message, cases }
    await service.close()
    throw new Error(`${baseUrl}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

async function conductRun(
  opened: Opened,
  { destructive }: RunRequest,
  watch: Watch,
  haltedBefore: string | undefined,
): Promise<VersionRun> {
  const { version, service, secrets } = opened.run
  const isGone = haltedBefore !== undefined && !(await isThere(service))
  const { results, halted } = isGone
    ? { results: opened.cases.map((one) => notReached(one, haltedBefore)), halted: haltedBefore }
    : await runReadable(opened, { ...watch, destructive })
  return {
    version,
    baseUrl: service.baseUrl,
    info: opened.info,
    results: results.map((one) => maskedResult(one, secrets)),
    ...(halted === undefined ? {} : { halted: secrets.mask(halted) }),
  }
}

/** Without an `info` that can be read, only the first case about it is run: it says what is wrong once. */
async function runReadable({ run, cases, unreadable }: Opened, options: RunOptions): Promise<CasesRun> {
  if (unreadable === undefined) return runCases(run, cases, options)
  const halted = `\`info\` cannot be read: ${unreadable}`
  const { results: judged } = await runCases(
    run,
    cases.filter(({ method }) => method === 'info').slice(0, 1),
    options,
  )
  return {
    results: cases.map((one) => judged.find((result) => result.case === one) ?? notReached(one, halted)),
    halted,
  }
}

function chosen(cases: readonly Case[], version: ApiVersion, { only }: RunRequest): readonly Case[] {
  return cases.filter(
    (one) => one.version === version && (only === undefined || only.some((part) => one.id.includes(part))),
  )
}
