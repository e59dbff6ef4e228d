import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { rootCertificates } from 'node:tls'
import { destinationOf, EgressRefused, type Destination } from './destination.ts'
import { isPublicAddress } from './publicAddress.ts'
import { hostAddresses, queriedAddresses } from './resolve.ts'

export interface EgressOptions {
  /** Pairs of `listedPair`: reached whatever their address. Everything else must be public. */
  readonly listed: ReadonlySet<string>
  /** PEM of authorities that are trusted besides the well-known ones. */
  readonly authorities?: string | undefined
  /** In place of the system's resolvers: all addresses of a name. */
  readonly resolve?: (name: string) => Promise<readonly string[]>
  /** `address:port` of name servers, in place of the system's. */
  readonly nameServers?: readonly string[]
}

export interface EgressRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Milliseconds for everything, from the name to the last byte. */
  readonly within: number
  /** Bytes of the answer, at most. */
  readonly maxAnswer: number
  /** Takes http as well: where the answer proves itself. */
  readonly isPlainAllowed?: boolean
}

export interface EgressAnswer {
  /** A redirect is an answer like any other: nothing follows it. */
  readonly status: number
  /** Lower case, without parameters; '' where there is none. */
  readonly contentType: string
  readonly body: Buffer
}

/** The only way from this process to a server that somebody else named. */
export interface Egress {
  /** Throws EgressRefused for a destination that breaks a rule before any name is resolved. */
  check(url: string): void
  /**
   * One POST, over a connection of its own. The name is resolved once, all its addresses are judged, and the connection
   * goes to one of exactly these. Throws EgressRefused, or another Error when there was no whole answer in time.
   */
  post(request: EgressRequest): Promise<EgressAnswer>
}

export function createEgress(options: EgressOptions): Egress {
  const { listed } = options
  const ca = options.authorities === undefined ? {} : { ca: [...rootCertificates, options.authorities] }
  return {
    check(url) {
      destinationOf(url, { listed })
    },
    async post(request) {
      const signal = AbortSignal.timeout(request.within)
      const isPlainAllowed = request.isPlainAllowed ?? false
      const destination = destinationOf(request.url, { listed, isPlainAllowed })
      const addresses = await within(signal, addressesOf(destination, resolverFor(options, signal)))
      return send(request, { ...optionsFor(destination, addresses), ...ca, signal })
    },
  }
}

type Resolve = (destination: Destination) => Promise<readonly string[]>

/** What an operator listed may be a name of this machine's own; what others name is asked of name servers only. */
function resolverFor({ resolve, nameServers }: EgressOptions, signal: AbortSignal): Resolve {
  return ({ host, isListed }) => {
    if (resolve !== undefined) return resolve(host)
    return isListed ? hostAddresses(host) : queriedAddresses(host, { nameServers, signal })
  }
}

/** Every address of the destination. One that is not public refuses them all: such a name is made to deceive. */
async function addressesOf(destination: Destination, resolve: Resolve): Promise<readonly string[]> {
  const { host, isListed } = destination
  const addresses = isIP(host) === 0 ? await resolve(destination) : [host]
  if (addresses.length === 0 || addresses.some((address) => isIP(address) === 0))
    throw new EgressRefused('the name has no address')
  if (!isListed && !addresses.every(isPublicAddress))
    throw new EgressRefused('the name leads to an address that is not public')
  return addresses
}

function optionsFor(destination: Destination, addresses: readonly string[]): RequestOptions {
  const { url, host, port } = destination
  return {
    protocol: url.protocol,
    host,
    port,
    path: `${url.pathname}${url.search}`,
    method: 'POST',
    // Connections are not kept: the next request is judged anew.
    agent: false,
    // Whoever connects gets the addresses that were judged, and the resolver is not asked again.
    lookup: answering(addresses),
  }
}

function answering(addresses: readonly string[]): LookupFunction {
  const known = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_name, { all }, done) => {
    const [first] = known
    if (all === true) done(null, known)
    else done(null, first?.address ?? '', first?.family)
  }
}

function send(request: EgressRequest, options: RequestOptions): Promise<EgressAnswer> {
  const { headers, body, maxAnswer } = request
  const open = options.protocol === 'http:' ? requestHttp : requestHttps
  return new Promise((resolve, reject) => {
    const sending = open(
      { ...options, headers: { ...headers, 'Content-Length': body.length, Connection: 'close' } },
      (response) => {
        read(response, maxAnswer).then(resolve, reject)
      },
    )
    sending.on('error', reject)
    sending.end(body)
  })
}

async function read(response: IncomingMessage, most: number): Promise<EgressAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) throw new Error('the answer is no bytes')
    size += chunk.length
    // Leaving the loop closes the connection.
    if (size > most) throw new Error('the answer is too long')
    chunks.push(chunk)
  }
  const [contentType = ''] = (response.headers['content-type'] ?? '').split(';')
  return {
    status: response.statusCode ?? 0,
    contentType: contentType.trim().toLowerCase(),
    body: Buffer.concat(chunks),
  }
}

/** What cannot be stopped is at least not waited for. */
function within<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('no answer in time'))
    })
    promise.then(resolve, reject)
  })
}
