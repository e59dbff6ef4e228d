import { randomBytes } from 'node:crypto'
import { DIGESTS } from '../sap/algorithms.ts'
import type { HashList } from '../client/csc/cscSession.ts'
import { cpuMilliseconds } from './cpuTime.ts'
import type { BenchSigner } from './enrolSigners.ts'
import { inFlight, timed } from './inFlight.ts'
import type { BenchKeyType } from './options.ts'
import { takeCodes } from './outbox.ts'
import type { Measurement, Way } from './report.ts'
import { latencyOf } from './statistics.ts'

const SHA256 = DIGESTS.sha256
const SIGN_ALGORITHM: Readonly<Record<BenchKeyType, string>> = {
  'rsa-3072': '1.2.840.113549.1.1.11',
  'p-256': '1.2.840.10045.4.3.2',
}
/** Codes are asked for outside the measured time, so many at a time. */
const SENDING = 8

export interface Service {
  readonly signers: readonly BenchSigner[]
  /** Where the SAM delivers. */
  readonly outbox: string
  /** Name and process id of everything whose CPU time counts. */
  readonly processes: Readonly<Record<string, number>>
  readonly progress: (line: string) => void
}

export interface Load {
  readonly keyType: BenchKeyType
  readonly way: Way
  /** Requests that are open at the same time. */
  readonly width: number
  readonly hashesEach: number
  /** Authorizations, each followed by one signHash of all its hashes. */
  readonly authorizations: number
}

interface Order {
  readonly signer: BenchSigner
  readonly credentialId: string
  readonly list: HashList
  readonly code: string
}

/**
 * Authorizes with a bound OTP and signs, over HTTPS, each time with another credential until every one had its turn.
 * Codes are sent between the rounds, outside the measured time.
 */
export async function measureService(service: Service, load: Load): Promise<Measurement> {
  const { keyType, way, width, hashesEach } = load
  const steps = { authorize: [], signHash: [] } satisfies Record<string, number[]>
  const cpu: Record<string, number> = {}
  let milliseconds = 0
  let done = 0
  while (done < load.authorizations) {
    const orders = await prepareRound(service, load, load.authorizations - done)
    const before = cpuOf(service)
    milliseconds += await inFlight(orders, width, (order) => signOnce(order, keyType, steps))
    for (const [name, value] of Object.entries(cpuOf(service)))
      cpu[name] = (cpu[name] ?? 0) + value - (before[name] ?? 0)
    done += orders.length
    const rate = (1000 * done * hashesEach) / milliseconds
    service.progress(
      `${keyType}, ${way}, ${width} in flight: ${done} of ${load.authorizations}, ${rate.toFixed(0)}/s`,
    )
  }
  return {
    keyType,
    way,
    inFlight: width,
    signatures: done * hashesEach,
    milliseconds,
    steps: { authorize: latencyOf(steps.authorize), signHash: latencyOf(steps.signHash) },
    cpu,
  }
}

async function prepareRound(service: Service, load: Load, most: number): Promise<readonly Order[]> {
  const wanted = service.signers
    .flatMap((signer) => {
      const credentialId = signer.credentials[load.keyType]
      return credentialId === undefined ? [] : [{ signer, credentialId, list: newList(load.hashesEach) }]
    })
    .slice(0, most)
  takeCodes(service.outbox)
  await inFlight(wanted, SENDING, async ({ signer, credentialId, list }) => {
    await signer.session.sendOtp({ credentialId, binding: { ...list, nonce: randomBytes(16) } })
  })
  const codes = takeCodes(service.outbox)
  return wanted.map((order) => {
    const code = codes.get(order.signer.destination)
    if (code === undefined) throw new Error(`no code came for ${order.signer.destination}`)
    return { ...order, code }
  })
}

function newList(count: number): HashList {
  return {
    hashes: Array.from({ length: count }, () => randomBytes(SHA256.length)),
    hashAlgorithm: SHA256.oid,
  }
}

async function signOnce(
  { signer, credentialId, list, code }: Order,
  keyType: BenchKeyType,
  steps: { readonly authorize: number[]; readonly signHash: number[] },
): Promise<void> {
  const { sad } = await timed(steps.authorize, () =>
    signer.session.authorize({
      credentialId,
      numberOfSignatures: list.hashes.length,
      list,
      factors: [{ kind: 'otp', value: code }],
    }),
  )
  const signAlgorithm = SIGN_ALGORITHM[keyType]
  await timed(steps.signHash, () => signer.session.signHash({ ...list, credentialId, sad, signAlgorithm }))
}

function cpuOf({ processes }: Service): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(processes).map(([name, pid]) => [name, cpuMilliseconds(pid)]))
}
