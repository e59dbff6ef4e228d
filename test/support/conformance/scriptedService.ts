import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { run } from '../../../conformance/main.ts'
import type { Case } from '../../../conformance/case.ts'
import { httpsServer, type Received } from '../httpsServer.ts'
import { scratchFolder } from '../scratchFolder.ts'

export const PASSWORD = 'pass: "wörd" & more/+='
export const PIN = '90817263'

/** A service at /csc/v1 that a test scripts, and an account file for it. */
export interface ScriptedService {
  readonly folder: string
  readonly accountFile: string
  readonly received: readonly Received[]
  /** Runs the suite with these cases. */
  run(cases: readonly Case[], ...more: readonly string[]): Promise<Ran>
  close(): Promise<void>
}

export interface Ran {
  readonly exitCode: number
  readonly out: string
  readonly progress: string
  /** What the JSON report says; empty when none was written. */
  readonly results: readonly z.infer<typeof resultSchema>[]
}

const resultSchema = z.object({ id: z.string(), outcome: z.string(), reason: z.string() })
const reportSchema = z.object({ runs: z.array(z.object({ results: z.array(resultSchema) })) })

/** `answer` gets what is neither `info` nor `auth/login`; `answerInfo` tells of the methods unless it does otherwise. */
export async function scriptedService(
  answer: (request: Received, response: ServerResponse) => void,
  methods: readonly string[] = ['auth/login', 'credentials/list', 'signatures/signHash'],
  answerInfo: (response: ServerResponse) => void = (response) => {
    json(response, { name: 'Scripted', methods })
  },
  answerLogin: (response: ServerResponse) => void = (response) => {
    json(response, { access_token: 'token/of+the=user' })
  },
): Promise<ScriptedService> {
  const server = await httpsServer((request, response) => {
    if (request.path === '/csc/v1/info') answerInfo(response)
    else if (request.path === '/csc/v1/auth/login') answerLogin(response)
    else answer(request, response)
  })
  const folder = scratchFolder('conformance')
  const secret = (name: string, value: string): void => {
    writeFileSync(join(folder, name), `${value}\n`, { mode: 0o600 })
  }
  secret('password', PASSWORD)
  secret('pin', PIN)
  writeFileSync(join(folder, 'ca.pem'), server.ca)
  mkdirSync(join(folder, 'reports'))
  const accountFile = join(folder, 'account.yaml')
  writeFileSync(
    accountFile,
    `baseUrls: { v1: https://localhost:${server.port}/csc/v1 }
tls: { caFile: ca.pem }
user:
  authentication: { basic: { username: ada, passwordFile: password } }
  factors: { PIN: { file: pin } }
`,
  )
  return {
    folder,
    accountFile,
    received: server.received,
    run: (cases, ...more) => runWith(folder, accountFile, cases, more),
    close: () => server.close(),
  }
}

/** Answers with JSON. */
export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function runWith(
  folder: string,
  accountFile: string,
  cases: readonly Case[],
  more: readonly string[],
): Promise<Ran> {
  const out: string[] = []
  const progress: string[] = []
  const file = join(folder, 'reports', 'report.json')
  const reports = more.includes('--json') ? [] : ['--json', file]
  const exitCode = await run(['--account', accountFile, ...reports, ...more], {
    cases,
    input: Readable.from([]),
    out: { write: (text) => out.push(text) },
    progress: { write: (text) => progress.push(text) },
  })
  return { exitCode, out: out.join(''), progress: progress.join(''), results: resultsIn(file) }
}

function resultsIn(file: string): Ran['results'] {
  if (!existsSync(file)) return []
  const { runs } = reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  return runs.flatMap(({ results }) => results)
}
