import { readFile } from 'node:fs/promises'
import type { TlsFiles } from './account.ts'

/** PEM contents as Node's TLS takes them. */
export interface TlsMaterial {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

/** Throws Error when a file cannot be read. */
export async function readTls({ caFile, certificateFile, keyFile }: TlsFiles): Promise<TlsMaterial> {
  return {
    ...(caFile === undefined ? {} : { ca: await readFile(caFile) }),
    ...(certificateFile === undefined ? {} : { cert: await readFile(certificateFile) }),
    ...(keyFile === undefined ? {} : { key: await readFile(keyFile) }),
  }
}
