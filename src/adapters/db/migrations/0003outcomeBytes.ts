import type { Knex } from 'knex'

/** How much room an outcome takes, or may take while it is pending; with indexes that know the sums. */
export const migration0003 = {
  name: '0003outcomeBytes',
  async up(knex: Knex): Promise<void> {
    await knex.schema.alterTable('async_requests', (table) => {
      table.bigInteger('bytes').notNullable().defaultTo(0)
    })
    await knex('async_requests').update({ bytes: knex.raw("1024 + length(coalesce(outcome, ''))") })
    await knex.schema.alterTable('async_requests', (table) => {
      table.index(['user_id', 'bytes'])
      table.index(['bytes'])
    })
  },
  down(): Promise<void> {
    return Promise.reject(new Error('there is no way back'))
  },
}
