import type { Knex } from 'knex'

/** Codes that ended long ago are deleted: found by their end, without a look at all of them. */
export const migration0003 = {
  name: '0003otpExpiry',
  async up(knex: Knex): Promise<void> {
    await knex.schema.alterTable('otp', (table) => {
      table.index(['expires_at'])
    })
  },
  down(): Promise<void> {
    return Promise.reject(new Error('0003otpExpiry cannot be undone'))
  },
}
