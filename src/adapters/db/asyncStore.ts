import type { Knex } from 'knex'
import { numberOf, rowOf, rowsOf, textOf, type Row } from './row.ts'

export interface NewAsyncRequest {
  readonly responseId: string
  readonly requestId: string
  readonly userId: string
  readonly clientId: string
  /** Milliseconds. */
  readonly validity: number
  readonly responseUri: string | undefined
  /** Characters of the outcome, at most: this room is held for it. */
  readonly outcomeBytes: number
}

/** Room for outcomes, in bytes. */
export interface OutcomeQuota {
  readonly ofUser: number
  readonly ofAll: number
}

export interface StoredAsyncRequest {
  readonly userId: string
  readonly clientId: string
  readonly state: string
  /** Length of the outcome; 0 while it is pending. */
  readonly bytes: number
  readonly acceptedAt: number
  readonly expiresAt: number | undefined
}

/** A callback whose attempt was counted, so that it may be made. */
export interface ClaimedCallback {
  readonly responseId: string
  readonly requestId: string
  readonly userId: string
  readonly state: string
  readonly uri: string
  /** This attempt's number, from 1. */
  readonly attempt: number
}

/** How many callbacks may be claimed now. */
export interface CallbackPlaces {
  readonly most: number
  readonly mostOfUser: number
  /** Users who have theirs already. */
  readonly without: readonly string[]
}

export interface AsyncStore {
  /** False if this user's client has too many, or there is no room. Durable on return, as everything here. */
  add(request: NewAsyncRequest, now: number): Promise<boolean>
  /** Gives a pending request its outcome. False if it had one, or it takes more room than was held and than there is. */
  settle(responseId: string, outcome: AsyncOutcome, now: number): Promise<boolean>
  /** Gives this outcome to whatever this node accepted before and left pending. Returns how many there were. */
  settleOlder(acceptedBefore: number, outcome: AsyncOutcome, now: number): Promise<number>
  find(responseId: string): Promise<StoredAsyncRequest | undefined>
  /** JSON; undefined while it is pending, and when it is forgotten. */
  outcomeOf(responseId: string): Promise<string | undefined>
  /** Due callbacks of this node, each counted and put off to `nextDue` before it is made; users take turns. */
  claimCallbacks(
    now: number,
    places: CallbackPlaces,
    nextDue: (attempt: number) => number,
  ): Promise<readonly ClaimedCallback[]>
  putOffCallback(responseId: string, due: number): Promise<void>
  /** No further attempt. */
  endCallback(responseId: string): Promise<void>
  /** When the next callback of this node is due. */
  nextCallback(): Promise<number | undefined>
  /** Forgets outcomes that have expired. */
  sweep(now: number): Promise<void>
}

export interface AsyncOutcome {
  readonly state: 'completed' | 'failed'
  /** JSON. */
  readonly outcome: string
}

/** Requests whose outcome is kept at one time, of one client for one user. */
const MAX_KEPT = 1000

/** Bytes of a request beside its outcome, about. */
const ROW_BYTES = 1024

export function createAsyncStore(database: Knex, node: string, quota: OutcomeQuota): AsyncStore {
  const table = (): Knex.QueryBuilder => database('async_requests')
  const pending = (): Knex.QueryBuilder => table().where({ state: 'pending' })
  const settle = async (which: Knex.QueryBuilder, outcome: AsyncOutcome, now: number): Promise<number> => {
    const count: unknown = await which.update({
      ...outcome,
      bytes: ROW_BYTES + outcome.outcome.length,
      expires_at: database.raw('validity + ?', [now]),
      callback_due: database.raw('case when callback_uri is null then null else ? end', [now]),
    })
    return Number(count)
  }
  return {
    add: (request, now) => add(database, { node, quota }, request, now),
    async settle(responseId, outcome, now) {
      const which = pending().where({ response_id: responseId })
      // That it failed is always told.
      const fitting = outcome.state === 'failed' ? which : withRoom(which, outcome, quota)
      return (await settle(fitting, outcome, now)) === 1
    },
    settleOlder: (acceptedBefore, outcome, now) =>
      settle(pending().where({ node }).where('accepted_at', '<', acceptedBefore), outcome, now),
    async find(responseId) {
      const bytes = database.raw('coalesce(length(outcome), 0) as bytes')
      const row = rowOf(
        await table()
          .where({ response_id: responseId })
          .first('user_id', 'client_id', 'state', 'accepted_at', 'expires_at', bytes),
      )
      return row === undefined ? undefined : storedRequest(row)
    },
    async outcomeOf(responseId) {
      const row = rowOf(await table().where({ response_id: responseId }).first('outcome'))
      return row === undefined || row['outcome'] === null ? undefined : textOf(row, 'outcome')
    },
    claimCallbacks: (now, places, nextDue) => claim(database, { node, now, nextDue }, places),
    async putOffCallback(responseId, due) {
      await table().where({ response_id: responseId }).update({ callback_due: due })
    },
    async endCallback(responseId) {
      await table().where({ response_id: responseId }).update({ callback_uri: null, callback_due: null })
    },
    async nextCallback() {
      const row = rowOf(
        await table().where({ node }).whereNotNull('callback_due').min('callback_due as due').first(),
      )
      return row === undefined || row['due'] === null ? undefined : numberOf(row, 'due')
    },
    async sweep(now) {
      await table().where('expires_at', '<=', now).delete()
    },
  }
}

const SUM = 'select coalesce(sum(bytes), 0) from async_requests'

/** Only if the outcome fits: into the room that was held for it, or else into what is left. */
function withRoom(
  which: Knex.QueryBuilder,
  { outcome }: AsyncOutcome,
  { ofUser, ofAll }: OutcomeQuota,
): Knex.QueryBuilder {
  const bytes = ROW_BYTES + outcome.length
  return which.whereRaw(
    `(bytes >= ? or ((${SUM} as own where own.user_id = async_requests.user_id) - bytes + ? <= ?
       and (${SUM} as every) - bytes + ? <= ?))`,
    [bytes, bytes, ofUser, bytes, ofAll],
  )
}

/** One statement: count and sums decide at the moment of the write. */
async function add(
  database: Knex,
  { node, quota }: { readonly node: string; readonly quota: OutcomeQuota },
  request: NewAsyncRequest,
  now: number,
): Promise<boolean> {
  const { responseId, requestId, userId, clientId, validity, responseUri } = request
  const bytes = ROW_BYTES + request.outcomeBytes
  const who = [responseId, node, requestId, userId, clientId]
  const values = [...who, validity, 'pending', now, responseUri ?? null, 0, bytes]
  await database.raw(
    `insert into async_requests (response_id, node, request_id, user_id, client_id, validity, state, accepted_at,
       callback_uri, callback_attempts, bytes)
     select ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?
     where (select count(*) from async_requests where user_id = ? and client_id = ?) < ?
       and (${SUM} where user_id = ?) + ? <= ? and (${SUM}) + ? <= ?`,
    [...values, ...[userId, clientId, MAX_KEPT], ...[userId, bytes, quota.ofUser], ...[bytes, quota.ofAll]],
  )
  // What a raw insert says of its rows differs between the databases: look.
  const found: unknown = await database('async_requests')
    .where({ response_id: responseId })
    .first('response_id')
  return found !== undefined
}

async function claim(
  database: Knex,
  { node, now, nextDue }: { node: string; now: number; nextDue: (attempt: number) => number },
  { most, mostOfUser, without }: CallbackPlaces,
): Promise<readonly ClaimedCallback[]> {
  const turn = 'row_number() over (partition by user_id order by callback_due)'
  const found: unknown = await database('async_requests')
    .where({ node })
    .where('callback_due', '<=', now)
    .whereNotIn('user_id', without)
    .select('response_id', 'request_id', 'user_id', 'state', 'callback_uri', 'callback_attempts')
    .select(database.raw(`${turn} as turn`))
    .orderBy(['turn', 'callback_due'])
    .limit(most)
  const claimed: ClaimedCallback[] = []
  for (const row of rowsOf(found).filter((one) => numberOf(one, 'turn') <= mostOfUser)) {
    const callback = claimedCallback(row)
    const { responseId, attempt } = callback
    const count = await database('async_requests')
      .where({ response_id: responseId, callback_attempts: attempt - 1 })
      .update({ callback_attempts: attempt, callback_due: nextDue(attempt) })
    if (count === 1) claimed.push(callback)
  }
  return claimed
}

function claimedCallback(row: Row): ClaimedCallback {
  return {
    responseId: textOf(row, 'response_id'),
    requestId: textOf(row, 'request_id'),
    userId: textOf(row, 'user_id'),
    state: textOf(row, 'state'),
    uri: textOf(row, 'callback_uri'),
    attempt: numberOf(row, 'callback_attempts') + 1,
  }
}

function storedRequest(row: Row): StoredAsyncRequest {
  const { expires_at: expiresAt } = row
  return {
    userId: textOf(row, 'user_id'),
    clientId: textOf(row, 'client_id'),
    state: textOf(row, 'state'),
    bytes: numberOf(row, 'bytes'),
    acceptedAt: numberOf(row, 'accepted_at'),
    expiresAt: expiresAt === null ? undefined : numberOf(row, 'expires_at'),
  }
}
