import { readFileSync } from 'node:fs'
import { saveUser } from '../src/adapters/db/userStore.ts'
import { provisionDatabase } from '../src/adapters/db/open.ts'
import { createPasswords } from '../src/adapters/security/passwords.ts'
import { list, object, text } from '../sap/codec.ts'

/**
 * A process of its own, under the SSA's OS user, `addUsers <database>`: accounts from standard input, all in one process
 * where `provision add-user` would start one for each.
 */
const newUsers = list(
  object({ username: text(1, 64), password: text(1, 64), signerId: text(1, 64) }),
  1,
  10_000,
)

async function main(file: string): Promise<void> {
  process.umask(0o077)
  const database = await provisionDatabase(file)
  try {
    const passwords = await createPasswords()
    for (const { password, ...user } of newUsers.parse(JSON.parse(readFileSync(0, 'utf8')), ''))
      await saveUser(database, { ...user, passwordHash: await passwords.hash(password) })
  } finally {
    await database.destroy()
  }
}

const [, , file] = process.argv
if (file === undefined) throw new Error('usage: addUsers <ssa.db>')
await main(file)
