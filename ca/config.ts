import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { KEY_TYPES, type KeyTypeName } from '../sap/algorithms.ts'
import { ROLES } from '../sap/operations.ts'

/** A configuration that cannot be used. The message names file and key, never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

const id = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/)
const path = z.string().min(1)
const port = z.int().min(1).max(65535)
const oid = z.string().regex(/^[0-2](\.(0|[1-9][0-9]{0,14})){1,20}$/)
const uri = z.url({ protocol: /^https?$/ }).max(255)
const nameText = z.string().regex(/^[^\p{Cc}]{1,64}$/u)
const keyTypeNames = z.enum(Object.keys(KEY_TYPES) as [KeyTypeName, ...KeyTypeName[]]) // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- keys of a Record

const authority = z.strictObject({
  commonName: nameText,
  organization: nameText.optional(),
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/),
  /** From the day on which the CA is provisioned. */
  validDays: z
    .int()
    .min(1)
    .max(25 * 366),
})
export type AuthorityConfig = z.infer<typeof authority>

const schema = z.strictObject({
  /** Names this node's journal chain. Never changes, never used twice. */
  node: id,
  listen: z.union([z.strictObject({ socketPath: path }), z.strictObject({ host: z.string().min(1), port })]),
  /** For both directions: as a server to registration officers, as a client to the SAM. */
  tls: z.strictObject({ certificate: path, key: path, authority: path }),
  /** Who may call, by the very certificate. */
  peers: z.array(z.strictObject({ name: id, role: z.enum(ROLES), certificate: path })).min(1),
  sam: z.strictObject({
    /** `https://host:port`; with `socketPath` the host only names the SAM's certificate. */
    url: z.url({ protocol: /^https$/ }),
    socketPath: path.optional(),
    /** PEM SPKI of the key that signs the SAM's attestations. */
    identityKey: path,
  }),
  database: z.strictObject({ file: path }),
  hsm: z.strictObject({
    module: path,
    token: z.string().min(1).max(32),
    pinFile: path,
    sessions: z.int().min(1).max(64),
    loginGuardFile: path,
    /** So long may a call into the module last; after three times as long the process ends, to be started again. */
    callSeconds: z.int().min(1).max(600).default(10),
    /** Variables that the module reads, e.g. SOFTHSM2_CONF; paths relative to this file. */
    environment: z.record(z.string(), z.string()).default({}),
  }),
  /** Read when the CA is provisioned; the certificates made then are what counts later. */
  root: authority,
  issuing: authority.extend({ keyType: z.enum(['p-256', 'p-384']) }),
  /** Keys attested under another profile are refused: `dev` says that development keys are accepted. */
  acceptedProfiles: z.array(z.enum(['dev', 'nsp'])).min(1),
  certificates: z.strictObject({
    validDays: z
      .int()
      .min(1)
      .max(5 * 366)
      .default(730),
    keyTypes: z
      .array(keyTypeNames)
      .min(1)
      .default(Object.keys(KEY_TYPES) as KeyTypeName[]), // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- keys of a Record
    /** OIDs of certificate policies. */
    policies: z.array(oid).default([]),
    caIssuersUrl: uri.optional(),
    ocspUrl: uri.optional(),
    crlUrl: uri.optional(),
  }),
})

type Parsed = z.infer<typeof schema>

export interface CaConfig extends Parsed {
  /** The folder that relative paths were resolved against; `root.crt` and `issuing.crt` are written there. */
  readonly folder: string
}

/** Reads and checks `ca.yaml`. Throws ConfigError; its message names the first key that is wrong. */
export function loadConfig(file: string): CaConfig {
  const fail = (problem: string): ConfigError => new ConfigError(`${file}: ${problem}`)
  let document: unknown
  try {
    document = parseYaml(readFileSync(file, 'utf8'))
  } catch {
    throw fail('cannot be read as YAML')
  }
  const parsed = schema.safeParse(document)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const isUnknown = issue?.code === 'unrecognized_keys'
    const keys = isUnknown ? [...issue.path, ...issue.keys] : (issue?.path ?? [])
    throw fail(`${keys.join('.')}: ${isUnknown ? 'unknown key' : (issue?.message ?? '')}`)
  }
  const folder = dirname(resolve(file))
  const config: CaConfig = { ...resolvePaths(parsed.data, folder), folder }
  for (const [key, secret] of [
    ['hsm.pinFile', config.hsm.pinFile],
    ['tls.key', config.tls.key],
  ] as const) {
    const problem = secretProblem(secret)
    if (problem !== undefined) throw fail(`${key}: ${problem}`)
  }
  return config
}

function resolvePaths(parsed: Parsed, folder: string): Parsed {
  const at = (file: string): string => resolve(folder, file)
  const { listen, tls, hsm, sam } = parsed
  return {
    ...parsed,
    listen: 'socketPath' in listen ? { socketPath: at(listen.socketPath) } : listen,
    tls: { certificate: at(tls.certificate), key: at(tls.key), authority: at(tls.authority) },
    peers: parsed.peers.map((peer) => ({ ...peer, certificate: at(peer.certificate) })),
    sam: {
      ...sam,
      identityKey: at(sam.identityKey),
      ...(sam.socketPath !== undefined && { socketPath: at(sam.socketPath) }),
    },
    database: { file: at(parsed.database.file) },
    hsm: {
      ...hsm,
      pinFile: at(hsm.pinFile),
      loginGuardFile: at(hsm.loginGuardFile),
      environment: Object.fromEntries(
        Object.entries(hsm.environment).map(([name, value]) => [name, at(value)]),
      ),
    },
  }
}

/** A secret file must exist and be closed to everybody else. */
function secretProblem(file: string): string | undefined {
  let mode: number
  try {
    mode = statSync(file).mode
  } catch {
    return 'the file cannot be read'
  }
  return (mode & 0o077) === 0 ? undefined : 'the file is open to others (chmod 600)'
}
