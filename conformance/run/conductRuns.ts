import type { Account } from '../account/account.ts'
import { learnAccountSecrets } from '../account/accountSecrets.ts'
import { createFactorValues } from '../account/factorValues.ts'
import type { Case } from '../case.ts'
import { readErrorTables } from '../errorTables.ts'
import { optionsShown, type RunRequest } from '../options.ts'
import type { Report, VersionRun } from '../report/report.ts'
import type { ApiVersion } from '../section.ts'
import { createTrial, type Run } from '../trial.ts'
import { createSecrets } from '../wire/secrets.ts'
import { openService } from '../wire/service.ts'
import { maskedResult } from './maskedResult.ts'
import { infoOf } from './offers.ts'
import { runCases, type RunOptions } from './runCases.ts'

/** How a run is watched, and ended from outside. */
export type Watch = Pick<RunOptions, 'onStart' | 'onResult' | 'signal'>

/**
 * Runs the suite at each version that was asked for. Throws Error before any case runs, when a service does not answer
 * `info`, no case was chosen, or a secret file cannot be used.
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
    for (const one of opened) runs.push(await conductRun(one, request, watch))
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
  const info = await infoOf(createTrial(run)).catch(async (cause: unknown) => {
    await service.close()
    throw new Error(`${baseUrl}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  })
  return { run, info, cases }
}

async function conductRun(
  { run, info, cases }: Opened,
  { destructive }: RunRequest,
  watch: Watch,
): Promise<VersionRun> {
  const results = await runCases(run, cases, { ...watch, destructive })
  const { version, service, secrets } = run
  return {
    version,
    baseUrl: service.baseUrl,
    info,
    results: results.map((one) => maskedResult(one, secrets)),
  }
}

function chosen(cases: readonly Case[], version: ApiVersion, { only }: RunRequest): readonly Case[] {
  return cases.filter(
    (one) => one.version === version && (only === undefined || only.some((part) => one.id.includes(part))),
  )
}
