import type { Knex } from 'knex'

/** A notice of a factor change goes to where OTPs went when it was made. Null: to where they go when it is sent. */
export const migration0002 = {
  name: '0002noticeDestination',
  async up(knex: Knex): Promise<void> {
    await knex.schema.alterTable('notice', (table) => {
      table.string('channel', 16)
      table.string('destination', 255)
    })
  },
  down(): Promise<void> {
    return Promise.reject(new Error('0002noticeDestination cannot be undone'))
  },
}
