import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { totpSecret } from '../../client/totp.ts'

/** What was used, by what it is: a failure names that, and never the secret. */
export type Secrets = ReadonlyMap<string, string>

/**
 * Where secrets stand in a text (bytes as latin1): each as it is, in hex, in both alphabets of base64 at every offset,
 * and percent-encoded; tokens and authenticators' secrets as the bytes that they stand for, too. Names secret and form.
 */
export function findSecrets(secrets: Secrets, content: string): readonly string[] {
  return [...secrets].flatMap(([what, value]) =>
    formsOf(value).flatMap(([form, isIn]) => (isIn(content) ? [`${what} (${form})`] : [])),
  )
}

/** The same for every file under a folder but those that hold secrets by design. Names the file as well. */
export function findSecretsIn(
  folder: string,
  secrets: Secrets,
  holders: readonly string[],
): { readonly searched: readonly string[]; readonly found: readonly string[] } {
  const searched = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !holders.some((holder) => path.startsWith(holder)))
  const found = searched.flatMap((path) =>
    findSecrets(secrets, readFileSync(join(folder, path), 'latin1')).map((what) => `${what} in ${path}`),
  )
  return { searched, found }
}

type Form = readonly [name: string, isIn: (content: string) => boolean]

const forms = new Map<string, readonly Form[]>()

function formsOf(value: string): readonly Form[] {
  const known = forms.get(value) ?? [
    asItIs(value),
    ...formsOfBytes(Buffer.from(value)),
    ...(encodeURIComponent(value) === value ? [] : [text('percent-encoded', encodeURIComponent(value))]),
    ...meant(value).flatMap((bytes) => [text('bytes', bytes.toString('latin1')), ...formsOfBytes(bytes)]),
  ]
  forms.set(value, known)
  return known
}

/** Six or eight digits are in every long number by chance: what stands alone is meant. */
function asItIs(value: string): Form {
  const bytes = Buffer.from(value).toString('latin1')
  if (!/^\d+$/.test(value))
    return ['as it is', (content) => content.includes(value) || content.includes(bytes)]
  const alone = new RegExp(`(?<![0-9a-fA-F])${value}(?![0-9a-fA-F])`)
  return ['as it is', (content) => alone.test(content)]
}

function text(name: string, wanted: string): Form {
  return [name, (content) => content.includes(wanted)]
}

function formsOfBytes(bytes: Buffer): readonly Form[] {
  const hex = bytes.toString('hex')
  return [
    text('hex', hex),
    text('HEX', hex.toUpperCase()),
    ...[0, 1, 2].flatMap((offset) => [
      text('base64', base64At(bytes, offset, 'base64')),
      text('base64url', base64At(bytes, offset, 'base64url')),
    ]),
  ]
}

/** The characters that depend on these bytes only, when others stand before and behind them. */
function base64At(bytes: Buffer, offset: number, alphabet: 'base64' | 'base64url'): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString(alphabet)
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
}

/** The bytes behind a token or SAD of ours, and behind an authenticator's secret. */
function meant(value: string): readonly Buffer[] {
  if (/^[A-Za-z0-9_-]{43}$/.test(value)) return [Buffer.from(value, 'base64url')]
  if (/^[A-Z2-7]{16,}$/.test(value)) return [Buffer.from(totpSecret(value))]
  return []
}
