import type { Account } from '../account/account.ts'
import { createFactorValues } from '../account/factorValues.ts'
import type { Case } from '../case.ts'
import { CASES } from '../cases/all.ts'
import { readErrorTables } from '../errorTables.ts'
import type { RunRequest } from '../options.ts'
import type { Report, VersionRun } from '../report/report.ts'
import type { ApiVersion } from '../section.ts'
import { createTrial, type Run } from '../trial.ts'
import { createSecrets } from '../wire/secrets.ts'
import { openService } from '../wire/service.ts'
import { infoOf } from './offers.ts'
import { runCases, type RunOptions } from './runCases.ts'

/** Runs the suite at each version that was asked for. Throws Error when a service cannot be reached at all. */
export async function conductRuns(
  account: Account,
  request: RunRequest,
  progress: Pick<RunOptions, 'onStart' | 'onResult'>,
): Promise<Report> {
  const began = new Date()
  const runs: VersionRun[] = []
  for (const version of request.api) {
    const baseUrl = request.baseUrl ?? account.baseUrls[version]
    if (baseUrl === undefined && request.api.length > 1) continue
    if (baseUrl === undefined)
      throw new Error(`no base URL for ${version}: give --base-url, or baseUrls in the account file`)
    runs.push(await conductRun({ account, request, version, baseUrl }, progress))
  }
  if (runs.length === 0)
    throw new Error('no base URL: give --base-url and --api, or baseUrls in the account file')
  return { began, ended: new Date(), runs }
}

interface Aim {
  readonly account: Account
  readonly request: RunRequest
  readonly version: ApiVersion
  readonly baseUrl: string
}

async function conductRun(
  { account, request, version, baseUrl }: Aim,
  progress: Pick<RunOptions, 'onStart' | 'onResult'>,
): Promise<VersionRun> {
  const service = await openService(baseUrl, account.tls)
  const run: Run = {
    version,
    service,
    account,
    errors: readErrorTables(),
    secrets: createSecrets(),
    factorValues: createFactorValues(),
    maxWaitSeconds: request.maxWait,
    learned: new Map(),
  }
  try {
    const info = await infoOf(createTrial(run)).catch((cause: unknown) => {
      throw new Error(`${baseUrl}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    })
    const results = await runCases(run, chosen(version, request), {
      ...progress,
      destructive: request.destructive,
    })
    return { version, baseUrl, info, results }
  } finally {
    await service.close()
  }
}

function chosen(version: ApiVersion, { only }: RunRequest): readonly Case[] {
  return CASES.filter(
    (one) => one.version === version && (only === undefined || only.some((part) => one.id.includes(part))),
  )
}
