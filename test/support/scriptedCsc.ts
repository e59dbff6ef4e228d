import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { z } from 'zod'
import type { Connection } from '../../client/connection.ts'
import type { KeyTypeName } from '../../sap/algorithms.ts'
import { requestViolation } from './cscRequestContract.ts'
import { localSigner, type LocalSigner } from './localSigner.ts'
import {
  CREDENTIAL_ID,
  refusal,
  TOKEN,
  usualAnswer,
  type AnsweringSigner,
  type ScriptedAnswer,
} from './scriptedAnswers.ts'
import { scratchFolder } from './scratchFolder.ts'

/** What the service got: method such as `credentials/info`, after the API version. */
export interface SeenRequest {
  readonly version: 'v1' | 'v2'
  readonly method: string
  readonly body: Record<string, unknown>
  readonly authorization: string | undefined
  /** Common name of the client certificate, if one was shown. */
  readonly clientName: string | undefined
}

export interface ScriptedCsc {
  readonly connection: Connection
  readonly connectionFile: string
  readonly folder: string
  readonly signer: LocalSigner
  readonly seen: readonly SeenRequest[]
  /** The next requests to this method get these answers; the last one stays. */
  answer(method: string, ...answers: readonly ScriptedAnswer[]): void
  close(): Promise<void>
}

export const PIN = '473829'
export const PASSWORD = 'a password: with a colon'

export interface ScriptedOptions {
  readonly keyType?: KeyTypeName
  readonly factors?: readonly ('otp' | 'totp' | 'pin')[]
  /** Signatures that one authorization covers. */
  readonly multisign?: number
}

/**
 * A CSC service as far as a client sees it, over HTTPS and mutual TLS, with a key of its own. Each request is held
 * against the published contract (openapi/): one that breaks it gets 400 `contract`. Our own service has tests of its own.
 */
export async function scriptedCsc(options: ScriptedOptions = {}): Promise<ScriptedCsc> {
  const { keyType = 'p-256', factors = ['otp', 'pin'], multisign = 10 } = options
  const folder = scratchFolder('csc')
  const signer = await localSigner(keyType, 'Ada Test')
  const service: Service = { folder, keyType, factors, multisign, signer, seen: [], scripted: new Map() }
  const tls = tlsFiles(folder)
  const onRequest = (request: IncomingMessage, respond: (answer: ScriptedAnswer) => void): void => {
    readBody(request).then(
      (text) => {
        respond(answerOrFailure(service, request, text))
      },
      (error: unknown) => {
        respond(failure(error))
      },
    )
  }
  const listeners = [
    {},
    { requestCert: true, rejectUnauthorized: true, ca: readFileSync(tls.client.certificate) },
  ]
  const servers = listeners.map((more) =>
    createServer(
      { key: readFileSync(tls.server.key), cert: readFileSync(tls.server.certificate), ...more },
      (request, response) => {
        onRequest(request, ({ status, body, raw }) => {
          response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'request-0001' })
          response.end(raw ?? (body === undefined ? undefined : JSON.stringify(body)))
        })
      },
    ),
  )
  const [plain = 0, mutual = 0] = await Promise.all(servers.map((server) => listen(server)))
  const connection = connectionOf(folder, { plain, mutual }, tls)
  const connectionFile = join(folder, 'connection.json')
  writeFileSync(connectionFile, JSON.stringify(connection), { mode: 0o600 })
  return {
    connection,
    connectionFile,
    folder,
    signer,
    seen: service.seen,
    answer: (method, ...answers) => service.scripted.set(method, [...answers]),
    close: async () => {
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}

interface Service extends AnsweringSigner {
  readonly seen: SeenRequest[]
  readonly scripted: Map<string, ScriptedAnswer[]>
}

interface TlsPair {
  readonly certificate: string
  readonly key: string
}

function tlsFiles(folder: string): { readonly server: TlsPair; readonly client: TlsPair } {
  const make = (name: string, more: readonly string[]): TlsPair => {
    const pair = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) }
    const args = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ]
    args.push('-subj', `/CN=${name}`, '-keyout', pair.key, '-out', pair.certificate, ...more)
    execFileSync('openssl', args, { stdio: 'pipe' })
    return pair
  }
  return {
    server: make('localhost', ['-addext', 'subjectAltName=DNS:localhost']),
    client: make('demo-app', []),
  }
}

function connectionOf(
  folder: string,
  port: { readonly plain: number; readonly mutual: number },
  tls: ReturnType<typeof tlsFiles>,
): Connection {
  const secret = (name: string, content: string): string => {
    writeFileSync(join(folder, name), `${content}\n`, { mode: 0o600 })
    return join(folder, name)
  }
  const at = (number: number): Connection['csc'] => ({
    v1: `https://localhost:${number}/csc/v1`,
    v2: `https://localhost:${number}/csc/v2`,
  })
  mkdirSync(join(folder, 'outbox'))
  return {
    csc: at(port.plain),
    mutualTls: at(port.mutual),
    caFile: tls.server.certificate,
    client: { id: 'demo-app', certificateFile: tls.client.certificate, keyFile: tls.client.key },
    signer: {
      username: 'ada',
      passwordFile: secret('password', PASSWORD),
      factors: {
        pin: { file: secret('pin', PIN) },
        totp: { secretFile: secret('totp', 'MZXW6YTBOI') },
        otp: { folder: join(folder, 'outbox') },
      },
      credentials: [{ id: CREDENTIAL_ID }],
    },
  }
}

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, 'localhost', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function failure(error: unknown): ScriptedAnswer {
  return { status: 500, body: { error: 'server_error', error_description: String(error) } }
}

function answerOrFailure(service: Service, request: IncomingMessage, text: string): ScriptedAnswer {
  try {
    return answerTo(service, request, text)
  } catch (error) {
    return failure(error)
  }
}

const anyObject = z.record(z.string(), z.unknown())

function answerTo(service: Service, request: IncomingMessage, text: string): ScriptedAnswer {
  const [, version, method] = /^\/csc\/(v1|v2)\/(.+)$/.exec(request.url ?? '') ?? []
  if ((version !== 'v1' && version !== 'v2') || method === undefined) return { status: 404 }
  const body = anyObject.parse(JSON.parse(text))
  const { authorization } = request.headers
  service.seen.push({ version, method, body, authorization, clientName: clientNameOf(request) })
  const broken = requestViolation(version, method, body)
  if (broken !== undefined) return refusal('contract', broken)
  const script = service.scripted.get(method)
  const scripted = script !== undefined && script.length > 1 ? script.shift() : script?.[0]
  if (scripted !== undefined) return scripted
  const expected = method === 'info' ? undefined : method === 'auth/login' ? BASIC : `Bearer ${TOKEN}`
  if (authorization !== expected)
    return { status: 401, body: { error: 'invalid_token', error_description: '' } }
  return usualAnswer(service, { version, method, body })
}

const BASIC = `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}`

function clientNameOf({ socket }: IncomingMessage): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const name = z.object({ subject: z.object({ CN: z.string() }) }).safeParse(socket.getPeerCertificate())
  return name.success ? name.data.subject.CN : undefined
}
