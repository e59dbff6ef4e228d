import assert from 'node:assert/strict'
import { isPublicAddress } from '../../../egress/publicAddress.ts'

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.1',
  '172.15.0.1',
  '172.32.0.1',
  '192.0.1.1',
  '168.63.129.17',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:82a::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
]

const NOT_PUBLIC: Readonly<Record<string, readonly string[]>> = {
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'shared (CGNAT)': ['100.64.0.1', '100.127.255.255', '100.100.100.200'],
  'link-local and metadata': ['169.254.169.254', '169.254.0.1', 'fe80::1', '168.63.129.16', '192.0.0.192'],
  'unique local': ['fc00::1', 'fd00:ec2::254'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  'reserved and broadcast': ['240.0.0.1', '255.255.255.255', '192.88.99.1', '4000::1', 'fec0::1'],
  examples: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '2001:db8::1', '3fff::1'],
  'mapped IPv4': ['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:FFFF:a00:1', '::ffff:0.0.0.0'],
  'NAT64 of what is not public': ['64:ff9b::127.0.0.1', '64:ff9b::a00:1', '64:ff9b::1', '64:ff9b:1::808:808'],
  'other tunnels and compatible forms': ['::127.0.0.1', '::8.8.8.8', '2002:7f00:1::1', '2001:0:1::1'],
  'no address': [
    '',
    'localhost',
    '127.1',
    '0x7f000001',
    '2130706433',
    'fe80::1%eth0',
    '1.2.3.4.5',
    '1.2.3.256',
  ],
}

describe('addresses of the public Internet (W01)', () => {
  for (const address of PUBLIC)
    it(`takes ${address}`, () => {
      assert.equal(isPublicAddress(address), true)
    })
  for (const [kind, addresses] of Object.entries(NOT_PUBLIC))
    for (const address of addresses)
      it(`does not take ${kind}: ${address || '(empty)'}`, () => {
        assert.equal(isPublicAddress(address), false)
      })
})
