import { createHash } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { TlsIdentity } from './peerCertificates.ts'

/** Where a SAM listens, and what the SSA shows it. */
export interface SamAddress {
  readonly socketPath: string
  readonly identity: TlsIdentity
}

/** Writes `ssa.yaml` and the files that it names. Returns its path. */
export async function writeSsaFolder(
  folder: string,
  input: {
    readonly operatorToken: string
    readonly sam: SamAddress
    readonly https: TlsIdentity
    readonly changes: Readonly<Record<string, unknown>>
  },
): Promise<string> {
  const { sam, https, operatorToken, changes } = input
  const write = async (name: string, content: string): Promise<void> => {
    await writeFile(join(folder, name), content)
    await chmod(join(folder, name), 0o600)
  }
  await write('sap.crt', sam.identity.cert)
  await write('sap.key', sam.identity.key)
  await write('peers-ca.crt', sam.identity.ca)
  await write('https.crt', https.cert)
  await write('https.key', https.key)
  await write('clients-ca.crt', https.ca)
  await write('operator-token-hash', createHash('sha256').update(operatorToken).digest('hex'))
  await write('ssa.yaml', stringify({ ...document(sam.socketPath), ...changes }))
  return join(folder, 'ssa.yaml')
}

function document(socketPath: string): Record<string, unknown> {
  return {
    node: 'ssa-1',
    publicUrl: 'https://localhost:8443',
    listen: { host: '127.0.0.1', port: 0, tls: { certificate: 'https.crt', key: 'https.key' } },
    mutualTls: {
      host: '127.0.0.1',
      port: 0,
      certificate: 'https.crt',
      key: 'https.key',
      authority: 'clients-ca.crt',
    },
    management: { host: '127.0.0.1', port: 0, operatorTokenHashFile: 'operator-token-hash' },
    database: { file: 'ssa.db' },
    sam: {
      url: 'https://localhost',
      socketPath,
      certificate: 'sap.crt',
      key: 'sap.key',
      authority: 'peers-ca.crt',
    },
    info: ssaInfo,
  }
}

/** What `info` says of a test service. */
export const ssaInfo = {
  name: 'Test service',
  region: 'DK',
  lang: 'en',
  description: 'A service under test',
  logo: 'https://localhost:8443/logo.png',
}
