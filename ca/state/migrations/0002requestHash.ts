import type { Knex } from 'knex'

/** What was asked for, so that asking again for the very same gets the same answer. Null for what was issued before. */
export const migration0002 = {
  name: '0002requestHash',
  async up(knex: Knex): Promise<void> {
    await knex.schema.alterTable('certificate', (table) => {
      table.string('request_sha256', 64)
    })
  },
  async down(): Promise<void> {
    return Promise.reject(new Error('there is no way back'))
  },
}
