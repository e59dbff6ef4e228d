import type { Knex } from 'knex'

/** The first schema. A migration that has landed is never changed; a new one is added to `open.ts`. */
export const migration0001 = {
  name: '0001init',
  async up(knex: Knex): Promise<void> {
    // Signers, factors, keys, peers, clients: canonical body and MAC. `owner` is an index, the body decides.
    await knex.schema.createTable('record', (table) => {
      table.string('kind', 16).notNullable()
      table.string('id', 64).notNullable()
      table.integer('version').notNullable()
      table.string('owner', 64)
      table.text('body').notNullable()
      table.binary('mac').notNullable()
      table.primary(['kind', 'id'])
      table.index(['kind', 'owner', 'id'])
    })
    // The ledger: one row per act of a signer. The MAC covers all but `state`.
    await knex.schema.createTable('activation', (table) => {
      table.string('id', 64).primary()
      table.integer('version').notNullable()
      table.binary('sad_hash').notNullable().unique()
      table.string('credential_id', 64).notNullable()
      table.string('family_id', 64).notNullable()
      table.bigInteger('expires_at').notNullable()
      table.text('body').notNullable()
      table.binary('mac').notNullable()
      table.string('state', 8).notNullable()
      table.index(['family_id', 'state'])
      table.index(['credential_id', 'state'])
    })
    // One row per authorized signature. `digest` is null where the act named no hash (SCAL 1).
    await knex.schema.createTable('occurrence', (table) => {
      table.string('activation_id', 64).notNullable().references('activation.id')
      table.integer('position').notNullable()
      table.binary('digest')
      table.string('spent_by', 64)
      table.primary(['activation_id', 'position'])
    })
    // One row per signing request that spent something: open until its outcome is known.
    await knex.schema.createTable('reservation', (table) => {
      table.string('id', 64).primary()
      table.string('activation_id', 64).notNullable().references('activation.id')
      table.string('credential_id', 64).notNullable()
      table.string('request_id', 64).notNullable()
      table.string('node', 64).notNullable()
      table.string('incarnation', 64).notNullable()
      table.bigInteger('lease_until').notNullable()
      table.string('state', 8).notNullable()
      table.index(['credential_id', 'state'])
      table.index(['node', 'state'])
    })
    await knex.schema.createTable('otp', (table) => {
      table.string('id', 64).primary()
      table.string('signer_id', 64).notNullable()
      table.bigInteger('created_at').notNullable()
      table.bigInteger('expires_at').notNullable()
      // MAC over id, code and what it is bound to: the code itself is nowhere.
      table.binary('mac').notNullable()
      table.text('binding')
      table.string('state', 8).notNullable()
      table.index(['signer_id', 'state'])
      table.index(['signer_id', 'created_at'])
    })
    await knex.schema.createTable('notice', (table) => {
      table.string('id', 64).primary()
      table.string('signer_id', 64).notNullable()
      table.text('subject').notNullable()
      table.text('text').notNullable()
      table.bigInteger('next_try_at').notNullable()
      table.integer('tries').notNullable()
      table.index(['next_try_at'])
    })
    await knex.schema.createTable('journal', (table) => {
      table.string('node', 64).notNullable()
      table.integer('sequence').notNullable()
      table.bigInteger('time').notNullable()
      table.string('type', 64).notNullable()
      table.string('request_id', 64)
      table.text('event').notNullable()
      table.binary('leaf').notNullable()
      table.binary('chain').notNullable()
      table.primary(['node', 'sequence'])
      table.index(['request_id'])
    })
    await knex.schema.createTable('checkpoint', (table) => {
      table.string('node', 64).notNullable()
      table.integer('sequence').notNullable()
      table.binary('chain').notNullable()
      table.bigInteger('time').notNullable()
      table.binary('signature').notNullable()
      table.primary(['node', 'sequence'])
    })
  },
  /** An audit trail is not taken down. */
  down(): Promise<void> {
    return Promise.reject(new Error('0001init cannot be undone'))
  },
}
