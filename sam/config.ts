import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { listedPair } from '../egress/destination.ts'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import {
  databaseConfig,
  databaseFiles,
  databaseSchema,
  databaseSecrets,
  type DatabaseConfig,
} from '../store/databaseConfig.ts'
import { CHANNELS, MAX_WAITING_SECONDS, ROLES } from '../sap/operations.ts'
import { DESTINATION_FORMS } from './channels/destinations.ts'
import { keyPolicy, policySchema, type KeyPolicy } from './keyPolicy.ts'

/** A configuration that cannot be used. The message names file and key, never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const id = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/)
const path = z.string().min(1)
const port = z.int().min(1).max(65535)
const seconds = (max: number): z.ZodInt => z.int().min(1).max(max)

/** 72 hours: as long as it takes at most to notice that one's number or mailbox is somebody else's. */
const DEFAULT_WAITING_SECONDS = 72 * 3600

const smtp = z.strictObject({
  host: z.string().min(1),
  port,
  /** TLS from the first byte; otherwise STARTTLS is demanded, unless the host is loopback and the profile dev. */
  secure: z.boolean(),
  from: z.string().min(3),
  user: z.string().optional(),
  passwordFile: path.optional(),
})

const webhook = z.strictObject({
  url: z.url({ protocol: /^https$/, error: 'must be https' }),
  secretFile: path,
  /** What the gateway takes: numbers as `+4512345678`, mail addresses, or ids that it gave. */
  destinations: z.enum(DESTINATION_FORMS).default('phone'),
  /** `host:port`, as the URL has them: reached whatever their address. Empty: public addresses only. */
  listed: z
    .array(z.string().refine((text) => listedPair(text) !== undefined, { error: 'must be host:port' }))
    .default([]),
  /** PEM of authorities that are trusted besides the well-known ones. */
  authorities: path.optional(),
})
export type WebhookConfig = z.infer<typeof webhook>

const schema = z.strictObject({
  /** `dev`: SoftHSM and the file channel are allowed, and every attestation says so. `nsp`: a certified HSM. */
  profile: z.enum(['dev', 'nsp']),
  /** Names this node's journal chain. Never changes, never used twice. */
  node: id,
  listen: z.union([z.strictObject({ socketPath: path }), z.strictObject({ host: z.string().min(1), port })]),
  tls: z.strictObject({ certificate: path, key: path, authority: path }),
  /** Enrolled when the SAM is provisioned; the register in the database is what counts later. */
  peers: z.array(z.strictObject({ name: id, role: z.enum(ROLES), certificate: path })).min(1),
  database: databaseSchema,
  hsm: z.strictObject({
    module: path,
    token: z.string().min(1).max(32),
    pinFile: path,
    /** About as many as cores. */
    sessions: z.int().min(1).max(64),
    loginGuardFile: path,
    /** So long may a call into the module last; after three times as long the process ends, to be started again. */
    callSeconds: z.int().min(1).max(600).default(10),
    /** Variables that the module reads, e.g. SOFTHSM2_CONF; paths relative to this file. */
    environment: z.record(z.string(), z.string()).default({}),
  }),
  /** PEM files of the roots that a signer's certificate must come from. */
  trustedIssuers: z.array(path).min(1),
  otp: z.strictObject({
    lifetimeSeconds: seconds(3600).default(300),
    /** Codes made for one signer in fifteen minutes, at most. */
    sendsPerQuarterHour: z.int().min(1).max(1000).default(5),
  }),
  sad: z
    .strictObject({
      /** A SAD lives this long, then it must be extended. */
      lifetimeSeconds: seconds(900),
      /** No extension reaches further from the signer's act. At most 15 minutes. */
      limitSeconds: seconds(900),
    })
    .refine((sad) => sad.lifetimeSeconds <= sad.limitSeconds, {
      path: ['lifetimeSeconds'],
      error: 'is longer than limitSeconds',
    }),
  factorChange: z
    .strictObject({
      /** From the notice of a factor change that the signer proved until it works. Zero in the dev profile only. */
      waitingSeconds: z.int().min(0).max(MAX_WAITING_SECONDS).default(DEFAULT_WAITING_SECONDS),
    })
    .default({ waitingSeconds: DEFAULT_WAITING_SECONDS }),
  /** Wrong attempts that lock a factor. */
  lockAfter: z.int().min(1).max(20).default(5),
  /** Whether the signer gets a message after each signature. */
  receipts: z.boolean().default(true),
  policies: z.record(id, policySchema),
  channels: z.strictObject({
    file: z.strictObject({ folder: path }).optional(),
    smtp: smtp.optional(),
    webhook: webhook.optional(),
  }),
})

type Parsed = z.infer<typeof schema>
export type SmtpConfig = NonNullable<Parsed['channels']['smtp']>

export interface SamConfig extends Omit<Parsed, 'policies' | 'database'> {
  readonly database: DatabaseConfig
  readonly policies: Readonly<Record<string, KeyPolicy>>
  /** The folder that relative paths were resolved against. */
  readonly folder: string
}

/** Reads and checks `sam.yaml`. Throws ConfigError; its message names the first key that is wrong. */
export function loadConfig(file: string): SamConfig {
  const fail = (key: string, problem: string): ConfigError => new ConfigError(`${file}: ${key}${problem}`)
  let document: unknown
  try {
    document = parseYaml(readFileSync(file, 'utf8'))
  } catch {
    throw fail('', 'cannot be read as YAML')
  }
  const parsed = schema.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const keys = issue?.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys] : (issue?.path ?? [])
    throw fail(
      `${keys.join('.')}: `,
      issue?.code === 'unrecognized_keys' ? 'unknown key' : (issue?.message ?? ''),
    )
  }
  const folder = dirname(resolve(file))
  const policies = Object.fromEntries(
    Object.entries(parsed.data.policies).map(([name, policy]) => [
      name,
      keyPolicy(policy, policyFail(name, fail)),
    ]),
  )
  const config: SamConfig = { ...resolvePaths(parsed.data, folder), policies, folder }
  checkChannels(config, fail)
  if (config.profile !== 'dev' && config.factorChange.waitingSeconds === 0)
    throw fail('factorChange.waitingSeconds: ', 'zero is for the dev profile only')
  checkSecret('hsm.pinFile', config.hsm.pinFile, fail)
  checkSecret('tls.key', config.tls.key, fail)
  for (const [key, file] of databaseSecrets(config.database)) checkSecret(key, file, fail)
  checkReadable(config, fail)
  return config
}

function resolvePaths(
  parsed: Parsed,
  folder: string,
): Omit<Parsed, 'database'> & Pick<SamConfig, 'database'> {
  const at = (file: string): string => resolve(folder, file)
  const { listen, tls, hsm, channels } = parsed
  return {
    ...parsed,
    listen: 'socketPath' in listen ? { socketPath: at(listen.socketPath) } : listen,
    tls: { certificate: at(tls.certificate), key: at(tls.key), authority: at(tls.authority) },
    peers: parsed.peers.map((peer) => ({ ...peer, certificate: at(peer.certificate) })),
    database: databaseConfig(parsed.database, at),
    hsm: {
      ...hsm,
      pinFile: at(hsm.pinFile),
      loginGuardFile: at(hsm.loginGuardFile),
      environment: Object.fromEntries(
        Object.entries(hsm.environment).map(([name, value]) => [name, at(value)]),
      ),
    },
    trustedIssuers: parsed.trustedIssuers.map(at),
    channels: {
      ...channels,
      ...(channels.file && { file: { folder: at(channels.file.folder) } }),
      ...(channels.webhook && {
        webhook: {
          ...channels.webhook,
          secretFile: at(channels.webhook.secretFile),
          authorities: channels.webhook.authorities && at(channels.webhook.authorities),
        },
      }),
      ...(channels.smtp?.passwordFile && {
        smtp: { ...channels.smtp, passwordFile: at(channels.smtp.passwordFile) },
      }),
    },
  }
}

type Fail = (key: string, problem: string) => ConfigError

function policyFail(name: string, fail: Fail): Fail {
  return (key, problem) => fail(`policies.${name}.${key}: `, problem)
}

function checkChannels(config: SamConfig, fail: Fail): void {
  if (config.profile !== 'dev' && config.channels.file !== undefined)
    throw fail('channels.file: ', 'is for the dev profile only')
  if (CHANNELS.every((name) => config.channels[name] === undefined))
    throw fail('channels: ', 'none is configured')
  const { smtp: mail, webhook } = config.channels
  if ((mail?.user === undefined) !== (mail?.passwordFile === undefined))
    throw fail('channels.smtp: ', 'user and passwordFile belong together')
  if (mail?.passwordFile !== undefined) checkSecret('channels.smtp.passwordFile', mail.passwordFile, fail)
  if (webhook !== undefined) checkSecret('channels.webhook.secretFile', webhook.secretFile, fail)
}

/** What is read at each start: said here by its key, instead of by an error of the file system then. */
function checkReadable({ tls, trustedIssuers, channels, database }: SamConfig, fail: Fail): void {
  const authorities = channels.webhook?.authorities
  const files = [
    ...(authorities === undefined ? [] : [['channels.webhook.authorities', authorities] as const]),
    ['tls.certificate', tls.certificate],
    ['tls.authority', tls.authority],
    ...trustedIssuers.map((file, index) => [`trustedIssuers.${index}`, file] as const),
    ...databaseFiles(database),
  ] as const
  for (const [key, file] of files)
    try {
      accessSync(file, constants.R_OK)
    } catch {
      throw fail(`${key}: `, 'the file cannot be read')
    }
}

/** A secret file must exist and be closed to everybody else. */
function checkSecret(key: string, file: string, fail: Fail): void {
  let mode: number
  try {
    mode = statSync(file).mode
  } catch {
    throw fail(`${key}: `, 'the file cannot be read')
  }
  if ((mode & 0o077) !== 0) throw fail(`${key}: `, 'the file is open to others (chmod 600)')
}
