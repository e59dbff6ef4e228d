import type { Knex } from 'knex'
import { Gathering, type SetStatement } from '../../../store/gathering.ts'
import { sqlOf } from '../../../store/sql.ts'
import { questionMarks } from '../../../store/valuesList.ts'
import type { NewToken, SessionStore, StoredToken } from '../../ports/sessionStore.ts'
import { BrokenRow, numberOf, rowsOf, textOf, type Row } from './row.ts'

export function createSessionStore(database: Knex): SessionStore {
  const reads = new Gathering(sqlOf(database), { endsWithFailure: false })
  return {
    async start(principal, tokens, now) {
      await database.transaction(async (transaction) => {
        await transaction('families').insert({
          family_id: principal.familyId,
          user_id: principal.userId,
          client_id: principal.clientId,
          started_at: now,
        })
        await transaction('tokens').insert(tokenRows(principal.familyId, tokens))
        // What nobody can use any more says nothing: its family stays, with its journal.
        await transaction('tokens')
          .where('expires_at', '<', now - RETENTION)
          .delete()
      })
    },
    add: (familyId, tokens, now) => addTokens(database, familyId, tokens, now),
    async find(hash) {
      const row = await reads.do(findTokens, hash)
      return row === undefined ? undefined : storedToken(row)
    },
    async revoke(hash, now) {
      const count = await database('tokens')
        .where('token_sha256', hash)
        .whereNull('revoked_at')
        .update({ revoked_at: now })
      return count === 1
    },
    async end(familyId, now) {
      const count = await database('families')
        .where('family_id', familyId)
        .whereNull('ended_at')
        .update({ ended_at: now })
      return count === 1
    },
    async isHeld({ familyId, besides }, now) {
      const found: unknown = await database('tokens')
        .where({ family_id: familyId })
        .whereNot('token_sha256', besides)
        .whereNull('revoked_at')
        .where('expires_at', '>', now)
        .first('token_sha256')
      return found !== undefined
    },
  }
}

/** Milliseconds that an expired token is still known as expired, not as unknown. */
const RETENTION = 7 * 24 * 60 * 60 * 1000

/** Requests that come at the same time look their tokens up together. */
const findTokens: SetStatement<string, Row | undefined> = {
  async run(sql, hashes) {
    const found = await sql.rows<unknown>(
      `select tokens.*, families.user_id, families.client_id, families.ended_at, users.signer_id
        from tokens join families on families.family_id = tokens.family_id
          join users on users.user_id = families.user_id
        where tokens.token_sha256 in (${questionMarks(hashes.length)})`,
      hashes,
    )
    const rows = new Map(rowsOf(found).map((row) => [textOf(row, 'token_sha256'), row]))
    return hashes.map((hash) => rows.get(hash))
  },
}

async function addTokens(
  database: Knex,
  familyId: string,
  tokens: readonly NewToken[],
  now: number,
): Promise<boolean> {
  return database.transaction(async (transaction) => {
    // A write that changes nothing: it takes the lock, and its count says that the family is alive.
    const alive = await transaction('families')
      .where('family_id', familyId)
      .whereNull('ended_at')
      .where('started_at', '<=', now)
      .update({ ended_at: null })
    if (alive !== 1) return false
    await transaction('tokens').insert(tokenRows(familyId, tokens))
    return true
  })
}

function tokenRows(familyId: string, tokens: readonly NewToken[]): Row[] {
  return tokens.map((token) => ({
    token_sha256: token.hash,
    kind: token.kind,
    family_id: familyId,
    expires_at: token.expiresAt,
  }))
}

function storedToken(row: Row): StoredToken {
  const kind = textOf(row, 'kind')
  if (kind !== 'access' && kind !== 'refresh') throw new BrokenRow('kind is neither access nor refresh')
  return {
    kind,
    principal: {
      userId: textOf(row, 'user_id'),
      signerId: textOf(row, 'signer_id'),
      clientId: textOf(row, 'client_id'),
      familyId: textOf(row, 'family_id'),
    },
    expiresAt: numberOf(row, 'expires_at'),
    isRevoked: row['revoked_at'] !== null || row['ended_at'] !== null,
  }
}
