import { BlockList, isIPv4, isIPv6, SocketAddress } from 'node:net'

/**
 * IPv4 that is not for the public Internet: the special-purpose registry of IANA (RFC 6890 and its successors), and
 * the one public address under which a cloud serves its machines' metadata (Azure).
 */
const SPECIAL_V4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['168.63.129.16', 32],
]

/** Of the global unicast addresses, which are 2000::/3: protocols' own (Teredo among them), examples, 6to4. */
const SPECIAL_V6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

const special = new BlockList()
for (const [network, prefix] of SPECIAL_V4) special.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of SPECIAL_V6) special.addSubnet(network, prefix, 'ipv6')

const globalUnicast = new BlockList()
globalUnicast.addSubnet('2000::', 3, 'ipv6')

/** IPv6 that stands for an IPv4 address in its last 32 bits: mapped (RFC 4291), and by the well-known NAT64 prefix. */
const carriers = new BlockList()
carriers.addSubnet('::ffff:0:0', 96, 'ipv6')
carriers.addSubnet('64:ff9b::', 96, 'ipv6')

/**
 * Whether a literal IP address belongs to the public Internet. Everything else is not: private, shared (CGNAT),
 * loopback, link-local, unique local, multicast, unspecified, reserved, metadata, and what is no address.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4')
  if (!isIPv6(address) || address.includes('%')) return false
  // One spelling for one address.
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  if (carriers.check(canonical, 'ipv6')) return isPublicAddress(carriedV4(canonical))
  return globalUnicast.check(canonical, 'ipv6') && !special.check(canonical, 'ipv6')
}

/** The last 32 bits as dotted decimals; '' where the form is another than `…:a.b.c.d` or `…:x:y`. */
function carriedV4(address: string): string {
  const [high = '', low = ''] = address.split(':').slice(-2)
  if (isIPv4(low)) return low
  const parts = [high, low].map((part) => parseInt(part === '' ? '0' : part, 16))
  return parts.flatMap((part) => [part >> 8, part & 0xff]).join('.')
}
