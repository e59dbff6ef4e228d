import { isIP } from 'node:net'
import { isPublicAddress } from './publicAddress.ts'

/** A destination that must not be reached. `reason` names a rule, never the text that broke it. */
export class EgressRefused extends Error {
  override readonly name = 'EgressRefused'
  constructor(reason: string) {
    super(`refused: ${reason}`)
  }
}

/** Where a request goes, as its URL says. */
export interface Destination {
  readonly url: URL
  /** Name, or IP address without brackets. */
  readonly host: string
  readonly port: number
  /** In the configured list: whatever its address, the operator vouches for it. */
  readonly isListed: boolean
}

/** Characters of a URL, at most (CSC API v1.0.4.0 §5 recommends this limit). */
const MAX_URL = 2083

/** `host:port` of a list, as a URL would spell it: lower case, IPv6 in brackets. Undefined for what is none. */
export function listedPair(text: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+):([0-9]{1,5})$/i.exec(text)
  if (match === null || !URL.canParse(`https://${text}`)) return undefined
  const [, host = '', port = ''] = match
  // The URL's own port is empty where it is the scheme's default.
  const { hostname } = new URL(`https://${host}`)
  return Number(port) >= 1 && Number(port) <= 65_535 ? `${hostname}:${Number(port)}` : undefined
}

/**
 * What can be said of a URL before any name is resolved. Throws EgressRefused for another scheme than https (or http,
 * where `isPlainAllowed`), for user names, and for an IP address, in whatever spelling, that is neither public nor
 * listed. `listed` holds pairs of `listedPair`.
 */
export function destinationOf(
  text: string,
  options: { readonly listed: ReadonlySet<string>; readonly isPlainAllowed?: boolean },
): Destination {
  if (text.length > MAX_URL || !URL.canParse(text)) throw new EgressRefused('no URL')
  const url = new URL(text)
  const isPlain = url.protocol === 'http:' && options.isPlainAllowed === true
  if (url.protocol !== 'https:' && !isPlain) throw new EgressRefused('the scheme is not https')
  if (url.username !== '' || url.password !== '') throw new EgressRefused('the URL names a user')
  const port = url.port === '' ? (isPlain ? 80 : 443) : Number(url.port)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const isListed = options.listed.has(`${url.hostname}:${port}`)
  if (!isListed && isIP(host) !== 0 && !isPublicAddress(host))
    throw new EgressRefused('the address is not public')
  return { url, host, port, isListed }
}
