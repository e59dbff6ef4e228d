import type { Knex } from 'knex'
import { z } from 'zod'

export type AuthorityName = 'root' | 'issuing'

const rows = z.array(z.object({ name: z.enum(['root', 'issuing']), certificate: z.instanceof(Buffer) }))

/** DER certificates of the CA itself; undefined for one that was not made yet. */
export async function readAuthorities(
  knex: Knex,
): Promise<Readonly<Record<AuthorityName, Buffer | undefined>>> {
  const found = rows.parse(await knex('authority').select('name', 'certificate'))
  const of = (name: AuthorityName): Buffer | undefined => found.find((row) => row.name === name)?.certificate
  return { root: of('root'), issuing: of('issuing') }
}

/** Throws if there is one of that name: the certificates of a CA never change. */
export async function insertAuthority(
  trx: Knex.Transaction,
  name: AuthorityName,
  certificate: Buffer,
): Promise<void> {
  await trx('authority').insert({ name, certificate })
}
