import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const path = z.string().min(1)
/** Where a peer listens: a Unix socket, or `https://host:port`. */
const place = z.union([z.strictObject({ socketPath: path }), z.strictObject({ url: z.url() })])
const identity = z.strictObject({ certificate: path, key: path })

const schema = z.strictObject({
  sam: place,
  ca: place,
  /** PEM: the authority that the certificates of SAM and CA come from. */
  authority: path,
  ra: identity,
  officer: identity,
  /** The SSA's management listener and the file that holds the operator's token for it. */
  management: z.url(),
  operatorTokenFile: path,
})

/** What the people who run the service hold: registration officer, security officer, operator. */
export type OfficerConfig = z.infer<typeof schema>
export type Place = z.infer<typeof place>
export type Identity = z.infer<typeof identity>

/** Reads `officer.yaml`; relative paths are relative to its folder. Throws Error with the key that is wrong. */
export function loadOfficerConfig(file: string): OfficerConfig {
  const parsed = schema.safeParse(parse(readFileSync(file, 'utf8')))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new Error(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
  }
  const folder = dirname(resolve(file))
  const at = (name: string): string => resolve(folder, name)
  const placeAt = (given: Place): Place =>
    'socketPath' in given ? { socketPath: at(given.socketPath) } : given
  const identityAt = (given: Identity): Identity => ({
    certificate: at(given.certificate),
    key: at(given.key),
  })
  const { sam, ca, authority, ra, officer, management, operatorTokenFile } = parsed.data
  return {
    sam: placeAt(sam),
    ca: placeAt(ca),
    authority: at(authority),
    ra: identityAt(ra),
    officer: identityAt(officer),
    management,
    operatorTokenFile: at(operatorTokenFile),
  }
}
