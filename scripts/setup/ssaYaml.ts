import { stringify } from 'yaml'
import type { Addresses } from './connection.ts'

/** The SSA's configuration for development, on loopback. Paths are relative to the SSA's folder. */
export function ssaYaml(addresses: Addresses, port: number): string {
  const host = '127.0.0.1'
  return stringify({
    node: 'ssa-1',
    publicUrl: addresses.publicUrl,
    listen: { host, port, tls: { certificate: 'https.crt', key: 'https.key' } },
    mutualTls: {
      host,
      port: port + 1,
      certificate: 'https.crt',
      key: 'https.key',
      authority: 'clients-ca.crt',
    },
    management: { host, port: port + 2, operatorTokenHashFile: 'operator-token-hash' },
    database: { file: 'ssa.db' },
    sam: {
      url: 'https://localhost',
      socketPath: '../run/sam/sap.sock',
      certificate: 'sap.crt',
      key: 'sap.key',
      authority: 'peers-ca.crt',
    },
    info: {
      name: 'Chancery, a trial on this machine',
      region: 'DK',
      lang: 'en',
      description: 'Remote signing for development. Its certificates are trusted by nobody.',
      logo: `${addresses.publicUrl}/logo.png`,
    },
  })
}
