import { listIn, memberOf } from '../bodyOf.ts'
import {
  changed,
  isRefusal,
  json,
  parsed,
  withBody,
  type Defect,
  type Reply,
  type Wire,
} from '../faultyService.ts'
import { authorizedAnyway } from './simpleDefects.ts'

/** A SAD signs the same hashes as often as it is shown. */
export function replayableSad(method: string): Defect {
  const signed = new Map<string, Reply>()
  return async (wire, forward) => {
    const reply = await forward(wire)
    if (wire.method !== method) return reply
    const { SAD, hash, hashes } = {
      SAD: memberOf(wire.body, 'SAD'),
      hash: memberOf(wire.body, 'hash'),
      hashes: memberOf(wire.body, 'hashes'),
    }
    const key = JSON.stringify([SAD, hash, hashes])
    if (reply.status === 200) signed.set(key, reply)
    return signed.get(key) ?? reply
  }
}

/** A SAD signs with whatever credential is named: the one that it was made for is taken. */
export function sadOfAnyCredential(version: 'v1' | 'v2'): Defect {
  const credentials = new Map<string, unknown>()
  return async (wire, forward) => {
    const reply = await forward(wire)
    if (wire.method === `${version} credentials/authorize` && reply.status === 200)
      credentials.set(String(memberOf(parsed(reply.text), 'SAD')), memberOf(wire.body, 'credentialID'))
    const own = credentials.get(String(memberOf(wire.body, 'SAD')))
    const isSign = wire.method === `${version} signatures/signHash`
    if (!isSign || reply.status === 200 || own === undefined) return reply
    const again = await forward(withBody(wire, { credentialID: own }))
    // The key's own algorithm is another: what counts is that the SAD was taken.
    return again.status === 200 || isRefusal(again, 'Invalid parameter signAlgo')
      ? json(200, { signatures: ['AQID'] })
      : reply
  }
}

/** One authorization of a hash signs it twice in one request. */
export function countsNoOccurrences(method: string, member: 'hash' | 'hashes'): Defect {
  return async (wire, forward) => {
    const reply = await forward(wire)
    if (wire.method !== method || reply.status === 200) return reply
    const hashes = memberOf(wire.body, member)
    if (!Array.isArray(hashes) || new Set(hashes).size === hashes.length) return reply
    const once = await forward(withBody(wire, { [member]: [...new Set<unknown>(hashes)] }))
    if (once.status !== 200) return reply
    const [signature] = listIn(parsed(once.text), 'signatures')
    return changed(once, () => ({ signatures: hashes.map(() => signature) }))
  }
}

/** Whoever logged in last but one reads what belongs to others, too. */
export function foreignReadable(method: string): Defect {
  const tokens = new Set<string>()
  return async (wire, forward) => {
    const reply = await forward(wire)
    const { authorization } = wire.headers
    if (authorization?.startsWith('Bearer ') === true) tokens.add(authorization)
    if (wire.method !== method || reply.status === 200) return reply
    for (const token of tokens) {
      const others = await forward({ ...wire, headers: { ...wire.headers, authorization: token } })
      if (others.status === 200) return others
    }
    return reply
  }
}

/** Says of a credential that is somebody else's something else than of one that does not exist. */
export function foreignTold(method: string): Defect {
  const readable = foreignReadable(method)
  return async (wire, forward) => {
    const own = await forward(wire)
    if (wire.method !== method || own.status === 200) {
      await readable(wire, () => Promise.resolve(own))
      return own
    }
    const reply = await readable(wire, forward)
    return reply.status === 200
      ? json(400, { error: 'access_denied', error_description: 'The credential belongs to another user' })
      : own
  }
}

/** The tokens of pages are numbers that count up. */
export function countedPages(): Defect {
  const pages: string[] = []
  return async (wire, forward) => {
    if (wire.method !== 'v1 credentials/list') return forward(wire)
    const page = memberOf(wire.body, 'pageToken')
    const isPage = typeof page === 'string' && /^\d+$/.test(page)
    const known = isPage ? (pages[Number(page) - 1] ?? pages[0]) : undefined
    const reply = await forward(known === undefined ? wire : withBody(wire, { pageToken: known }))
    return changed(reply, (body) => {
      const next = memberOf(body, 'nextPageToken')
      if (typeof next !== 'string') return body
      return { ...body, nextPageToken: String(pages.push(next)) }
    })
  }
}

/** A one-time password authorizes again and again. */
export function reusableOtp(version: 'v1' | 'v2'): Defect {
  const used = new Set<string>()
  const codesOf = (wire: Wire): string =>
    JSON.stringify([memberOf(wire.body, 'OTP'), memberOf(wire.body, 'authData')])
  return async (wire, forward) => {
    const reply = await forward(wire)
    if (wire.method !== `${version} credentials/authorize`) return reply
    if (reply.status === 200) used.add(codesOf(wire))
    return reply.status !== 200 && used.has(codesOf(wire)) ? authorizedAnyway() : reply
  }
}

/** Revokes no token that the request says, or that looks, like this. */
export function deafToRevocation(method: string, ofHint: 'access_token' | 'refresh_token'): Defect {
  const refreshTokens = new Set<unknown>()
  return async (wire, forward) => {
    if (wire.method === method) {
      const isRefresh = refreshTokens.has(memberOf(wire.body, 'token'))
      if (isRefresh === (ofHint === 'refresh_token')) return { status: 204, headers: {}, text: '' }
    }
    const reply = await forward(wire)
    const issued = memberOf(parsed(reply.text), 'refresh_token')
    if (issued !== undefined) refreshTokens.add(issued)
    return reply
  }
}

/** Whoever comes while a SAD is being used gets its signatures as well. */
export function racingSad(method: string): Defect {
  const running = new Map<string, Promise<Reply>>()
  return (wire, forward) => {
    if (wire.method !== method) return forward(wire)
    const key = String(memberOf(wire.body, 'SAD'))
    const first = running.get(key)
    if (first !== undefined) return first
    const reply = forward(wire).finally(() => running.delete(key))
    running.set(key, reply)
    return reply
  }
}
