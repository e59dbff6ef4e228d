import { listIn, memberOf } from '../bodyOf.ts'
import {
  changed,
  isRefusal,
  json,
  withBody,
  type Defect,
  type Forward,
  type Reply,
  type Wire,
} from '../faultyService.ts'

/** Changes the answers of one method. */
export function onAnswer(method: string, change: (reply: Reply, wire: Wire) => Reply): Defect {
  return async (wire, forward) => {
    const reply = await forward(wire)
    return wire.method === method ? change(reply, wire) : reply
  }
}

/** Where the service refuses one method with this description, something else is answered. */
export function insteadOfRefusal(
  method: string,
  description: string,
  instead: (wire: Wire, forward: Forward, reply: Reply) => Reply | Promise<Reply>,
): Defect {
  return async (wire, forward) => {
    const reply = await forward(wire)
    const isIt = wire.method === method && isRefusal(reply, description)
    return isIt ? instead(wire, forward, reply) : reply
  }
}

/** As many signatures as there were hashes; none of them verifies. */
export function signedAnyway({ body }: Wire): Reply {
  const hashes = memberOf(body, 'hash') ?? memberOf(body, 'hashes')
  const count = Array.isArray(hashes) ? hashes.length : 1
  return json(200, {
    signatures: Array.from({ length: count }, () => Buffer.alloc(384, 1).toString('base64')),
  })
}

export function authorizedAnyway(): Reply {
  return json(200, { SAD: 'SAD-that-nobody-authorized', expiresIn: 12 })
}

/** The signatures of an answer, changed as a list. */
export function changedSignatures(
  reply: Reply,
  change: (signatures: readonly string[]) => readonly string[],
): Reply {
  if (reply.status !== 200) return reply
  return changed(reply, (body) => ({ ...body, signatures: change(listIn(body, 'signatures').map(String)) }))
}

/** r and s of a DER ECDSA-Sig-Value, each in 32 bytes. */
export function rawEcdsa(der: Buffer): Buffer {
  const rLength = der.readUInt8(3)
  const fixed = (integer: Buffer): Buffer => Buffer.concat([Buffer.alloc(32), integer]).subarray(-32)
  return Buffer.concat([fixed(der.subarray(4, 4 + rLength)), fixed(der.subarray(6 + rLength))])
}

/** RSASSA-PSS with another salt than the one that was asked for. */
export function otherSalt(method: string, parameters: string): Defect {
  return (wire, forward) => {
    const hasParameters = wire.method === method && typeof memberOf(wire.body, 'signAlgoParams') === 'string'
    return forward(hasParameters ? withBody(wire, { signAlgoParams: parameters }) : wire)
  }
}
