import { randomBytes } from 'node:crypto'
import { Refusal } from '../../../domain/errors.ts'
import type { Clock } from '../../../domain/time.ts'
import type { TimestampAuthority, TimestampRequest } from '../../../ports/timestampAuthority.ts'
import type { Egress, EgressAnswer } from '../../../../egress/egress.ts'
import { encodeQuery, type TimestampQuery } from './timestampQuery.ts'
import { TimestampRefused, tokenOf } from './timestampReply.ts'
import { verifyToken } from './timestampToken.ts'

export interface TimestampAuthorityOptions {
  readonly url: string
  /** DER of the authorities under which its certificate must be. */
  readonly anchors: readonly Buffer[]
  /** OID that is asked for and must be in the token; undefined leaves it to the authority. */
  readonly policy: string | undefined
  /** Milliseconds for its whole answer. */
  readonly within: number
}

/** Questions at one time: each is a connection, and the authority may charge for it. */
const MAX_UNDERWAY = 16

/** Of them, those of one user: nobody shall keep all others out. */
const MAX_OF_USER = 8

/** Bytes of an answer, at most: a token with a long chain has a tenth of it. */
const MAX_ANSWER = 128 * 1024

/** Asks one authority over HTTP (RFC 3161 §3.4) and passes on nothing that it did not verify. */
export function createTimestampAuthority(
  deps: { readonly egress: Egress; readonly clock: Clock },
  options: TimestampAuthorityOptions,
): TimestampAuthority {
  const underway: string[] = []
  return {
    async stamp(request) {
      const { userId } = request
      const own = underway.filter((one) => one === userId).length
      if (underway.length >= MAX_UNDERWAY || own >= MAX_OF_USER)
        throw new Refusal('unavailable', { detail: 'TSA: too many questions' })
      const query = queryOf(request, options.policy)
      underway.push(userId)
      try {
        const token = tokenOf(bodyOf(await ask(deps.egress, options, query)))
        verifyToken(token, { ...query, anchors: options.anchors, now: deps.clock.now() })
        return token
      } catch (error) {
        throw refusalOf(error)
      } finally {
        underway.splice(underway.indexOf(userId), 1)
      }
    },
  }
}

function queryOf(request: TimestampRequest, policy: string | undefined): TimestampQuery {
  const nonce = request.nonce ?? BigInt(`0x${randomBytes(8).toString('hex')}`)
  return { hash: request.hash, hashAlgorithm: request.hashAlgorithm, nonce, policy }
}

function ask(
  egress: Egress,
  { url, within }: TimestampAuthorityOptions,
  query: TimestampQuery,
): Promise<EgressAnswer> {
  return egress.post({
    url,
    headers: { 'Content-Type': 'application/timestamp-query', Accept: 'application/timestamp-reply' },
    body: encodeQuery(query),
    within,
    maxAnswer: MAX_ANSWER,
    // What it answers is signed: TLS adds no proof, and most authorities have none.
    isPlainAllowed: true,
  })
}

function bodyOf({ status, contentType, body }: EgressAnswer): Buffer {
  if (status !== 200) throw new TimestampRefused(`status ${status}`)
  if (contentType !== 'application/timestamp-reply') throw new TimestampRefused('another media type')
  return body
}

/** To a client the authority is away, whatever it was: it is not the client's doing. The detail is for the journal. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof TimestampRefused))
    return new Refusal('unavailable', { cause: error, detail: `TSA: ${reasonOf(error)}` })
  const reason = error.isAlgorithmRefused ? 'timestamp_algorithm_invalid' : 'unavailable'
  return new Refusal(reason, { cause: error, detail: `TSA: ${error.message}` })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  if (error.name === 'EgressRefused') return error.message
  const code = 'code' in error ? error.code : undefined
  return `no answer (${typeof code === 'string' ? code : error.name})`
}
