import assert from 'node:assert/strict'
import { numbered } from '../../../store/postgres/numbered.ts'
import { postgresDialect } from '../../../store/postgres/postgresDialect.ts'
import { sqliteDialect } from '../../../store/sqliteDialect.ts'

describe('lists of a statement', () => {
  const rows = [
    ['a', 1, null],
    ['b', 2, Buffer.of(7)],
  ]
  it('are values for SQLite, and for PostgreSQL arrays of their types', () => {
    const types = ['text', 'integer', 'bytes'] as const
    assert.deepEqual(sqliteDialect.list(types, rows), {
      text: 'values (?, ?, ?), (?, ?, ?)',
      values: ['a', 1, null, 'b', 2, Buffer.of(7)],
    })
    assert.deepEqual(postgresDialect.list(types, rows), {
      text: 'select * from unnest(?::text[], ?::int8[], ?::bytea[]) as list(column1, column2, column3)',
      values: [
        ['a', 'b'],
        [1, 2],
        [null, Buffer.of(7)],
      ],
    })
  })

  it('hold any of some values', () => {
    assert.deepEqual(sqliteDialect.among('text', ['a', 'b']), { text: 'in (?, ?)', values: ['a', 'b'] })
    assert.deepEqual(postgresDialect.among('text', ['a', 'b']), {
      text: '= any (?::text[])',
      values: [['a', 'b']],
    })
  })
})

describe('a text for PostgreSQL', () => {
  it('has numbers for its question marks, and one name', () => {
    const first = numbered('select ? where a = ?')
    assert.equal(first.text, 'select $1 where a = $2')
    assert.ok(first.name !== undefined)
    assert.equal(numbered('select ? where a = ?'), first)
    assert.notEqual(numbered('select ? where b = ?').name, first.name)
  })

  it('has no name if it has no values', () => {
    assert.deepEqual(numbered('BEGIN'), { text: 'BEGIN' })
  })
})
