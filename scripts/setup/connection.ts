import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DataFolder } from './dataFolder.ts'
import type { Enrolled } from './enrolSigner.ts'

export interface Addresses {
  readonly publicUrl: string
  /** Undefined if there is no such listener. */
  readonly mutualTlsUrl: string | undefined
  readonly management: string
}

/** The addresses of a set on loopback, from its first port: HTTPS, then mutual TLS, then management. */
export function addressesFrom(port: number): Addresses & { readonly mutualTlsUrl: string } {
  return {
    publicUrl: `https://localhost:${port}`,
    mutualTlsUrl: `https://localhost:${port + 1}`,
    management: `http://127.0.0.1:${port + 2}`,
  }
}

/** Base URIs of the CSC API at an address. */
export function endpoints(url: string): { readonly v1: string; readonly v2: string } {
  return { v1: `${url}/csc/v1`, v2: `${url}/csc/v2` }
}

/** Writes `connection.json`, whole, mode 0600: everything that a signature application needs, or where it is. */
export function writeConnection(data: DataFolder, addresses: Addresses, signer: Enrolled): void {
  const { publicUrl, mutualTlsUrl, management } = addresses
  const held = (name: string): string => join(data.officer, name)
  const content = {
    publicUrl,
    csc: endpoints(publicUrl),
    ...(mutualTlsUrl !== undefined && { mutualTls: endpoints(mutualTlsUrl) }),
    management,
    caFile: data.publicCa,
    client: {
      id: 'demo-app',
      name: 'Demo signing application',
      certificateFile: held('demo-client.crt'),
      keyFile: held('demo-client.key'),
    },
    signer: {
      username: 'ada',
      passwordFile: held('demo-password'),
      factors: {
        pin: { file: held('demo-pin') },
        totp: { secretFile: held('demo-totp') },
        otp: { folder: join(data.area.sam, 'outbox') },
      },
      credentials: signer.credentials,
    },
  }
  const unfinished = `${data.connection}.new`
  rmSync(unfinished, { force: true })
  writeFileSync(unfinished, `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(unfinished, data.connection)
}
