import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { listedPair } from '../egress/destination.ts'
import { V2_SPECS } from './domain/specs.ts'
import { TOLERANCES } from './domain/tolerances.ts'

/** A configuration that cannot be used. The message names file and key, never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const path = z.string().min(1)
const host = z.string().min(1)
const port = z.int().min(0).max(65535)
/** `host:port`, as the URL has them: reached whatever their address, for this purpose and no other. Said at start. */
const listed = z
  .array(z.string().refine((text) => listedPair(text) !== undefined, { error: 'must be host:port' }))
  .default([])
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost']

const schema = z.strictObject({
  /** Names this node's journal chain. Never changes, never used twice. */
  node: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  /** What clients call the service; everything that names it is made from this. */
  publicUrl: z.url({ protocol: /^https$/ }).refine((url) => new URL(url).pathname === '/', {
    error: 'must have no path',
  }),
  /** The CSC API for everybody: never asks for a certificate. */
  listen: z.strictObject({
    host,
    port,
    /** PEM files. Absent only on loopback, behind a proxy that speaks TLS. */
    tls: z.strictObject({ certificate: path, key: path }).optional(),
    /** A proxy on this machine tells the client's address in X-Forwarded-For. */
    trustedProxy: z.boolean().default(false),
  }),
  /** The CSC API for registered applications, which show a certificate. */
  mutualTls: z.strictObject({ host, port, certificate: path, key: path, authority: path }).optional(),
  /** For operators, plain HTTP on loopback. */
  management: z.strictObject({
    host: host.refine((name) => LOOPBACK.includes(name), { error: 'must be loopback' }),
    port,
    /** Holds the SHA-256 of the operator's token, hex. */
    operatorTokenHashFile: path,
  }),
  /** SQLite, made by provision. */
  database: z.strictObject({ file: path }),
  /** The Signature Activation Module; PEM files for mutual TLS. */
  sam: z.strictObject({
    url: z.url({ protocol: /^https$/ }),
    socketPath: path.optional(),
    certificate: path,
    key: path,
    authority: path,
  }),
  /** What `info` says. */
  info: z.strictObject({
    name: z.string().min(1).max(255),
    region: z.string().regex(/^[A-Z]{2}$/),
    lang: z.string().min(2).max(35),
    description: z.string().max(255),
    /** JPEG or PNG of at most 256 pixels each way; the service has one of its own at /logo.png. */
    logo: z.url(),
    /** What version 2 says it is, and what it serves of 2.1 and 2.2: EUDI wallets take 2.2.0.0 only. */
    specs: z.enum(V2_SPECS).default('2.0.0.0'),
    /** By language (RFC 5646), for those who ask for it. */
    translations: z
      .record(
        z.string().regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/),
        z.strictObject({ name: z.string().min(1).max(255), description: z.string().max(255) }),
      )
      .default({}),
  }),
  /** By id of a registered application: what it may write otherwise than the contract says (docs/clients.md). */
  clients: z
    .record(z.string().min(1), z.strictObject({ tolerances: z.array(z.enum(TOLERANCES)) }))
    .default({}),
  /** Servers that others name have a public address, or are listed where they are used. */
  egress: z
    .strictObject({
      /** PEM of authorities that are trusted besides the well-known ones. */
      authorities: path.optional(),
    })
    .prefault({}),
  /** To the response_uri of operation mode A, which clients name. */
  callbacks: z.strictObject({ listed }).prefault({}),
  /** A time-stamping authority (RFC 3161). Absent: no signatures/timestamp. */
  timestamp: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }),
      /** PEM of the authorities under which its certificate must be. */
      authority: path,
      /** OID that is asked for and must be in the token. */
      policy: z
        .string()
        .regex(/^[0-2](\.(0|[1-9][0-9]*))+$/)
        .optional(),
      withinSeconds: z.number().min(0.1).max(60).default(10),
      listed,
    })
    .optional(),
  authorization: z
    .strictObject({
      /** After which credentials/authorize of v2 answers 202 with a handle. */
      waitSeconds: z.number().min(0).max(25).default(10),
    })
    .prefault({}),
  /** Operation mode A of v2. */
  asynchronous: z
    .strictObject({
      /** How long outcomes are kept: by default, and at most. */
      validitySeconds: z.number().min(0.001).max(604_800).default(3600),
      maxValiditySeconds: z.number().min(0.001).max(604_800).default(86_400),
      /** Bytes that kept outcomes may take in the database: of one user, and of all. */
      userBytes: z.int().min(65_536).default(67_108_864),
      allBytes: z.int().min(65_536).default(1_073_741_824),
      /** Before each further attempt to call back. */
      callbackRetrySeconds: z
        .array(z.number().min(0).max(86_400))
        .max(20)
        .default([2, 10, 60, 300, 1800, 7200]),
    })
    .prefault({}),
  tokens: z
    .strictObject({
      accessSeconds: z.int().min(1).max(86_400).default(3600),
      refreshSeconds: z.int().min(60).max(31_536_000).default(2_592_000),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** Failed logins in the window; then an account gets refusals, an address 429. */
      failuresPerAccount: z.int().min(1).default(20),
      failuresPerAddress: z.int().min(1).default(100),
      windowSeconds: z.int().min(1).default(900),
      /** Bytes of a request to signDoc; its documents are a quarter shorter. */
      documentBytes: z.int().min(262_144).max(134_217_728).default(16_777_216),
      /** In which the PDFs of a request must be read, all together. */
      documentSeconds: z.number().min(0.1).max(60).default(5),
      /** Connections of each listener at one time; further ones are closed. */
      connections: z.int().min(1).max(65_535).default(1024),
      /** In which an answer must be taken, whole; else its connection ends. */
      answerSeconds: z.number().min(0.1).max(600).default(30),
      /** Of answers that are still to be taken, all together, at each listener; then the oldest connections end. */
      answerBytes: z.int().min(65_536).default(268_435_456),
    })
    .prefault({}),
})

type Parsed = z.infer<typeof schema>

export type SsaConfig = Parsed

type Fail = (key: string, problem: string) => ConfigError

/** Reads and checks `ssa.yaml`; relative paths are from its folder. Throws ConfigError for the first key that is wrong. */
export function loadConfig(file: string): SsaConfig {
  const fail: Fail = (key, problem) => new ConfigError(`${file}: ${key}: ${problem}`)
  const parsed = schema.safeParse(readYaml(file))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    if (issue?.code === 'unrecognized_keys')
      throw fail([...issue.path, issue.keys[0] ?? ''].join('.'), 'unknown key')
    throw fail(issue?.path.join('.') ?? '', issue?.message ?? 'invalid')
  }
  const config = withPaths(parsed.data, dirname(resolve(file)))
  checkListener(config, fail)
  checkFiles(config, fail)
  return config
}

function readYaml(file: string): unknown {
  try {
    return parseYaml(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new ConfigError(`${file}: cannot be read as YAML`, { cause: error })
  }
}

function withPaths(parsed: Parsed, folder: string): SsaConfig {
  const at = (file: string): string => resolve(folder, file)
  const { listen, mutualTls, management, database, sam, egress, timestamp } = parsed
  return {
    ...parsed,
    listen: {
      ...listen,
      tls: listen.tls && { certificate: at(listen.tls.certificate), key: at(listen.tls.key) },
    },
    mutualTls: mutualTls && {
      ...mutualTls,
      certificate: at(mutualTls.certificate),
      key: at(mutualTls.key),
      authority: at(mutualTls.authority),
    },
    management: { ...management, operatorTokenHashFile: at(management.operatorTokenHashFile) },
    database: { file: at(database.file) },
    egress: { ...egress, authorities: egress.authorities && at(egress.authorities) },
    timestamp: timestamp && { ...timestamp, authority: at(timestamp.authority) },
    sam: {
      ...sam,
      socketPath: sam.socketPath && at(sam.socketPath),
      certificate: at(sam.certificate),
      key: at(sam.key),
      authority: at(sam.authority),
    },
  }
}

/** Plain HTTP only where nobody but a declared proxy on this machine can reach it. */
function checkListener({ listen }: SsaConfig, fail: Fail): void {
  if (listen.tls !== undefined) return
  if (!LOOPBACK.includes(listen.host)) throw fail('listen.tls', 'is missing, and listen.host is not loopback')
  if (!listen.trustedProxy) throw fail('listen.tls', 'is missing, and listen.trustedProxy is not true')
}

function checkFiles(config: SsaConfig, fail: Fail): void {
  const { listen, mutualTls, management, sam, egress, timestamp } = config
  const certificates: Readonly<Record<string, string | undefined>> = {
    'listen.tls.certificate': listen.tls?.certificate,
    'mutualTls.certificate': mutualTls?.certificate,
    'mutualTls.authority': mutualTls?.authority,
    'sam.certificate': sam.certificate,
    'sam.authority': sam.authority,
    'egress.authorities': egress.authorities,
    'timestamp.authority': timestamp?.authority,
  }
  for (const [key, file] of Object.entries(certificates)) if (file !== undefined) modeOf(key, file, fail)
  const secrets: Readonly<Record<string, string | undefined>> = {
    'listen.tls.key': listen.tls?.key,
    'mutualTls.key': mutualTls?.key,
    'sam.key': sam.key,
    'management.operatorTokenHashFile': management.operatorTokenHashFile,
  }
  for (const [key, file] of Object.entries(secrets))
    if (file !== undefined && (modeOf(key, file, fail) & 0o077) !== 0)
      throw fail(key, 'the file is open to others (chmod 600)')
}

function modeOf(key: string, file: string, fail: Fail): number {
  try {
    return statSync(file).mode
  } catch {
    throw fail(key, 'the file cannot be read')
  }
}
