import type { Client, QueryResult } from 'pg'
import type { Dialect, SqlType } from '../dialect.ts'
import { numbered } from './numbered.ts'

const ARRAYS: Readonly<Record<SqlType, string>> = { text: 'text[]', integer: 'int8[]', bytes: 'bytea[]' }

/**
 * PostgreSQL takes a list as one array for each column: it cannot tell the types of bare values, and the text is the
 * same for any number of rows, so that it is prepared once.
 */
export const postgresDialect: Dialect = {
  list(types, rows) {
    const names = types.map((_, index) => `column${index + 1}`).join(', ')
    const arrays = types.map((type) => `?::${ARRAYS[type]}`).join(', ')
    return {
      text: `select * from unnest(${arrays}) as list(${names})`,
      values: types.map((_, index) => rows.map((row) => row[index] ?? null)),
    }
  },
  among: (type, values) => ({ text: `= any (?::${ARRAYS[type]})`, values: [values] }),
  locking: { share: 'for share', change: 'for no key update' },
  // Old row versions and the write-ahead log are the server's: docs/security-model.md.
  emptyLog: undefined,
  run(connection, text, values) {
    const client = connection as Client // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- of the pool of a PostgreSQL database
    return new Promise((resolve, reject) => {
      client.query({ ...numbered(text), values: [...values] }, (error: Error | null, result: QueryResult) => {
        if (error === null) resolve(result.rows)
        else reject(error)
      })
    })
  },
}
