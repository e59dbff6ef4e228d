import type { Knex } from 'knex'
import { rowOf, textOf } from './row.ts'

/** The signature applications that come with a certificate of their own. */
export interface ClientRegister {
  /** The client of a certificate, known by the SHA-256 of its DER, hex. */
  find(certificateSha256: string): Promise<string | undefined>
}

export function createClientRegister(database: Knex): ClientRegister {
  return {
    async find(certificateSha256) {
      const found: unknown = await database('clients')
        .where({ certificate_sha256: certificateSha256 })
        .first('client_id')
      const row = rowOf(found)
      return row === undefined ? undefined : textOf(row, 'client_id')
    },
  }
}

/** Registers a client, or gives it a new certificate in place of the old. */
export async function saveClient(
  database: Knex,
  client: { readonly clientId: string; readonly certificateSha256: string },
): Promise<void> {
  await database('clients')
    .insert({ client_id: client.clientId, certificate_sha256: client.certificateSha256 })
    .onConflict('client_id')
    .merge()
}
