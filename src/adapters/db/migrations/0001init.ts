import type { Knex } from 'knex'

/** Users, clients, login families, tokens, settings, journal. Times are milliseconds since 1970, hashes are hex. */
export const migration0001 = {
  name: '0001init',
  async up(knex: Knex): Promise<void> {
    await knex.schema.createTable('users', (table) => {
      table.text('user_id').primary()
      table.text('username').notNullable().unique()
      table.text('password_hash').notNullable()
      table.text('signer_id').notNullable()
    })
    await knex.schema.createTable('clients', (table) => {
      table.text('client_id').primary()
      // Of the DER certificate that the application shows on the mutual-TLS listener.
      table.text('certificate_sha256').notNullable().unique()
    })
    await knex.schema.createTable('families', (table) => {
      table.text('family_id').primary()
      table.text('user_id').notNullable().references('users.user_id')
      table.text('client_id').notNullable()
      table.bigInteger('started_at').notNullable()
      table.bigInteger('ended_at')
    })
    await knex.schema.createTable('tokens', (table) => {
      // SHA-256 of 256 random bits: of no use to whoever reads the table.
      table.text('token_sha256').primary()
      table.text('kind').notNullable()
      table.text('family_id').notNullable().references('families.family_id')
      table.bigInteger('expires_at').notNullable().index()
      table.bigInteger('revoked_at')
      table.index(['family_id'])
    })
    await knex.schema.createTable('settings', (table) => {
      table.text('name').primary()
      table.binary('value').notNullable()
    })
    await knex.schema.createTable('journal', (table) => {
      table.text('node').notNullable()
      table.bigInteger('sequence').notNullable()
      table.bigInteger('time').notNullable()
      table.text('type').notNullable()
      table.text('request_id').notNullable().index()
      // Canonical JSON; its RFC 6962 leaf hash; the chain over all leaves so far.
      table.text('event').notNullable()
      table.binary('leaf').notNullable()
      table.binary('chain').notNullable()
      table.primary(['node', 'sequence'])
    })
  },
  down(): Promise<void> {
    return Promise.reject(new Error('there is no way back'))
  },
}
