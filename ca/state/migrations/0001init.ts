import type { Knex } from 'knex'

/** The first schema. A migration that has landed is never changed; a new one is added to `open.ts`. */
export const migration0001 = {
  name: '0001init',
  async up(knex: Knex): Promise<void> {
    // The CA's own certificates: `root` and `issuing`.
    await knex.schema.createTable('authority', (table) => {
      table.string('name', 16).primary()
      table.binary('certificate').notNullable()
    })
    // One row per certificate that was ever begun. `certificate` is null until it is signed.
    await knex.schema.createTable('certificate', (table) => {
      table.string('serial', 40).primary()
      table.string('credential_id', 64).notNullable()
      table.string('signer_id', 64).notNullable()
      table.string('public_key_sha256', 64).notNullable()
      table.string('request_id', 64).notNullable()
      table.bigInteger('begun_at').notNullable()
      table.bigInteger('not_after').notNullable()
      table.string('state', 10).notNullable()
      table.binary('certificate')
    })
    // One certificate per attested key, and per credential: what was abandoned does not count.
    for (const column of ['credential_id', 'public_key_sha256'])
      await knex.raw(
        `CREATE UNIQUE INDEX certificate_one_per_${column} ON certificate (${column}) WHERE state <> 'ABANDONED'`,
      )
    await knex.schema.createTable('journal', (table) => {
      table.string('node', 64).notNullable()
      table.bigInteger('sequence').notNullable()
      table.bigInteger('time').notNullable()
      table.string('type', 64).notNullable()
      table.string('request_id', 64)
      table.text('event').notNullable()
      table.binary('leaf').notNullable()
      table.binary('chain').notNullable()
      table.primary(['node', 'sequence'])
      table.index(['request_id'])
    })
  },
  async down(): Promise<void> {
    // Certificates that were issued are never forgotten.
    return Promise.reject(new Error('there is no way back'))
  },
}
