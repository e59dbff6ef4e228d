import { lookup, Resolver } from 'node:dns/promises'

/** As this machine resolves names, its hosts file included. */
export async function hostAddresses(name: string): Promise<readonly string[]> {
  const found = await lookup(name, { all: true, order: 'verbatim' })
  return found.map(({ address }) => address)
}

const TIMEOUT = 2_000
const TRIES = 2

/**
 * As name servers resolve a name; none where it has no address, or they do not answer. It takes no thread of the pool
 * that databases and password hashes need: whoever names hosts with slow name servers keeps nobody else waiting.
 */
export async function queriedAddresses(
  name: string,
  options: { readonly nameServers?: readonly string[] | undefined; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: TIMEOUT, tries: TRIES })
  if (options.nameServers !== undefined) resolver.setServers(options.nameServers)
  const cancel = (): void => {
    resolver.cancel()
  }
  options.signal.addEventListener('abort', cancel)
  const families = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  options.signal.removeEventListener('abort', cancel)
  return families.flatMap((family) => (family.status === 'fulfilled' ? family.value : []))
}
