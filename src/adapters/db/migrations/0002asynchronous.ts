import type { Knex } from 'knex'

/** Requests in operation mode A, from their acceptance until their outcome expires. */
export const migration0002 = {
  name: '0002asynchronous',
  async up(knex: Knex): Promise<void> {
    await knex.schema.createTable('async_requests', (table) => {
      table.text('response_id').primary()
      // Whose process has the work in its memory.
      table.text('node').notNullable()
      table.text('request_id').notNullable()
      table.text('user_id').notNullable().references('users.user_id')
      table.text('client_id').notNullable()
      table.bigInteger('validity').notNullable()
      // `pending`, `completed`, `failed`.
      table.text('state').notNullable()
      // Canonical JSON of the outcome; no SAD, no hash.
      table.text('outcome')
      table.bigInteger('accepted_at').notNullable()
      table.bigInteger('expires_at').index()
      // Where to call back; gone when that is over.
      table.text('callback_uri')
      table.integer('callback_attempts').notNullable()
      table.bigInteger('callback_due').index()
      table.index(['user_id', 'client_id'])
    })
  },
  down(): Promise<void> {
    return Promise.reject(new Error('there is no way back'))
  },
}
