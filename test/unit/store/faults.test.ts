import assert from 'node:assert/strict'
import { isOvertaken, isStorageFault } from '../../../store/faults.ts'
import { DatabaseUnavailable } from '../../../store/postgres/guardSession.ts'

const sqlite = (code: string): Error => Object.assign(new Error(code), { code, errno: 1 })
/** As PostgreSQL's driver gives what the server said. */
const postgres = (code: string, table?: string): Error =>
  Object.assign(new Error('…'), { code, severity: 'ERROR', table })

describe('a database that failed, as opposed to work that was refused', () => {
  const faults: readonly [string, Error][] = [
    ['SQLite: disk full', sqlite('SQLITE_FULL')],
    ['SQLite: read only', sqlite('SQLITE_READONLY')],
    ['gone', new DatabaseUnavailable('gone')],
    ['no connection was free', Object.assign(new Error('Timeout'), { name: 'KnexTimeoutError' })],
    ['PostgreSQL: read only', postgres('25006')],
    ['PostgreSQL: disk full', postgres('53100')],
    ['PostgreSQL: too many connections', postgres('53300')],
    ['PostgreSQL: a lock was not to be had', postgres('55P03')],
    ['PostgreSQL: statement cancelled', postgres('57014')],
    ['PostgreSQL: shut down', postgres('57P01')],
    ['PostgreSQL: a connection broke', postgres('08006')],
    ['PostgreSQL: input or output', postgres('58030')],
    ['PostgreSQL: data are broken', postgres('XX001')],
  ]
  for (const [name, error] of faults)
    it(`has failed: ${name}`, () => {
      assert.deepEqual([isStorageFault(error), isOvertaken(error, ['journal'])], [true, false])
    })

  const others: readonly [string, unknown][] = [
    ['SQLite: constraint', sqlite('SQLITE_CONSTRAINT')],
    ['PostgreSQL: unique', postgres('23505', 'record')],
    ['PostgreSQL: foreign key', postgres('23503', 'journal')],
    ['PostgreSQL: value out of range', postgres('22003')],
    ['PostgreSQL: syntax', postgres('42601')],
    ['PostgreSQL: aborted transaction', postgres('25P02')],
    ['an error with a code of its own', sqlite('ENOENT')],
    ['no error', '53100'],
  ]
  for (const [name, error] of others)
    it(`has not failed: ${name}`, () => {
      assert.deepEqual([isStorageFault(error), isOvertaken(error, ['journal'])], [false, false])
    })

  const overtaken: readonly [string, Error][] = [
    ['serialization', postgres('40001')],
    ['deadlock', postgres('40P01')],
    ['another one had the key first', postgres('23505', 'journal')],
  ]
  for (const [name, error] of overtaken)
    it(`may succeed if run again: ${name}`, () => {
      assert.deepEqual([isStorageFault(error), isOvertaken(error, ['journal'])], [false, true])
    })
})
