import type { Dialect, SqlParameter } from './dialect.ts'
import { questionMarks, valuesList } from './valuesList.ts'

interface Connection {
  all(
    text: string,
    values: readonly SqlParameter[],
    done: (error: Error | null, rows: readonly unknown[]) => void,
  ): void
}

/** SQLite takes values as they are, and has one writer at a time: whoever writes sees what is newest. */
export const sqliteDialect: Dialect = {
  list: (_types, rows) => valuesList(rows),
  among: (_type, values) => ({ text: `in (${questionMarks(values.length)})`, values }),
  locking: { share: '', change: '' },
  emptyLog: 'PRAGMA wal_checkpoint(TRUNCATE)',
  run(connection, text, values) {
    return new Promise((resolve, reject) => {
      const sqlite = connection as Connection // eslint-disable-line @typescript-eslint/no-unsafe-type-assertion -- of the pool of a SQLite file
      sqlite.all(text, values, (error, rows) => {
        if (error === null) resolve(rows)
        else reject(error)
      })
    })
  },
}
