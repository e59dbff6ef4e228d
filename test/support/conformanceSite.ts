import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { freePorts } from './deployment.ts'
import {
  anotherCredential,
  buildService,
  makeAccount,
  PASSWORD,
  type Account,
  type Service,
} from './service.ts'
import { ssaInfo } from './ssaFolder.ts'
import { newRequestId } from './testSigner.ts'
import { testTsa } from './testTsa.ts'

const SECOND = 1000
/** As short as a busy machine allows: the suite waits until they are over. */
const LIFETIMES = { sad: 12, token: 20, otp: 12 }
const LOCK_AFTER = 4
/** A certificate for this long is linked, then outlived. */
const SHORT_CERTIFICATE_MS = 5 * SECOND

/** A service with everything that the conformance suite asks an account file for. */
export interface ConformanceSite {
  readonly service: Service
  /** Such as `https://localhost:30000`. */
  readonly origin: string
  /** Path of an account file for the service, or for something that stands before it. */
  accountFile(before?: { readonly origin: string; readonly ca: string }): Promise<string>
  dispose(): Promise<void>
}

/** `more` goes into the configuration of the SSA. */
export async function conformanceSite(
  more: Readonly<Record<string, unknown>> = {},
): Promise<ConformanceSite> {
  const folder = await mkdtemp(join(tmpdir(), 'chancery-conformance-'))
  const tsa = await testTsa()
  const outside = join(folder, 'outside-ca.pem')
  await writeFile(outside, tsa.ca)
  const port = await freePorts()
  const publicUrl = `https://localhost:${port}`
  const service = await buildService(
    {
      config: {
        otp: { lifetimeSeconds: LIFETIMES.otp, sendsPerQuarterHour: 1000 },
        sad: { lifetimeSeconds: LIFETIMES.sad, limitSeconds: 60 },
        lockAfter: LOCK_AFTER,
      },
    },
    {
      publicUrl,
      listen: { host: '127.0.0.1', port, tls: { certificate: 'https.crt', key: 'https.key' } },
      info: { ...ssaInfo, logo: `${publicUrl}/logo.png` },
      egress: { authorities: outside },
      timestamp: { url: tsa.url, authority: tsa.authorityFile, listed: [new URL(tsa.url).host] },
      tokens: { accessSeconds: LIFETIMES.token },
      ...more,
    },
  )
  const people = await makePeople(service)
  const members = await writeSecrets(folder, service, people)
  return {
    service,
    origin: publicUrl,
    async accountFile({ origin, ca } = { origin: publicUrl, ca: service.ssa.ca }) {
      const id = newRequestId()
      const file = join(folder, `account-${id}.yaml`)
      await writeFile(join(folder, `ca-${id}.pem`), ca)
      const baseUrls = { v1: `${origin}/csc/v1`, v2: `${origin}/csc/v2` }
      await writeFile(file, stringify({ baseUrls, tls: { caFile: `ca-${id}.pem` }, ...members }))
      return file
    },
    async dispose() {
      await service.dispose()
      await tsa.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

interface People {
  readonly user: Account
  readonly other: Account
  readonly lockable: Account
  readonly disabled: string
  readonly expired: string
}

async function makePeople(service: Service): Promise<People> {
  const user = await makeAccount(service, { keyType: 'rsa-3072', policy: 'otp-pin' })
  const expiring = await anotherCredential(service, user, {
    policy: 'otp',
    notBefore: Date.now() - 60 * SECOND,
    notAfter: Date.now() + SHORT_CERTIFICATE_MS,
  })
  await anotherCredential(service, user, { keyType: 'p-256', policy: 'otp-many' })
  // Each credential with a sent code has another one with the same factors.
  await anotherCredential(service, user, { keyType: 'p-256', policy: 'otp-pin' })
  await anotherCredential(service, user, { keyType: 'p-384', policy: 'totp' })
  await anotherCredential(service, user, { keyType: 'rsa-3072', policy: 'scal1-otp' })
  const disabled = await anotherCredential(service, user, { policy: 'otp' })
  const { signerId, clientId, credentialId } = disabled.signer
  const reason = 'to be refused'
  await service.sam.ssa.call('suspend', {
    requestId: newRequestId(),
    signerId,
    clientId,
    credentialId,
    reason,
  })
  const other = await makeAccount(service, { keyType: 'p-256', policy: 'otp' })
  await anotherCredential(service, other, { keyType: 'p-256', policy: 'otp' })
  await sleep(SHORT_CERTIFICATE_MS)
  return {
    user,
    other,
    lockable: await makeAccount(service, { keyType: 'p-256', policy: 'otp-pin' }),
    disabled: disabled.credentialID,
    expired: expiring.credentialID,
  }
}

/** The members of an account file, with the files that they name. */
async function writeSecrets(
  folder: string,
  service: Service,
  { user, other, lockable, disabled, expired }: People,
): Promise<object> {
  const secret = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), `${content}\n`)
    await chmod(join(folder, name), 0o600)
    return name
  }
  const passwordFile = await secret('password', PASSWORD)
  const outbox = join(service.sam.folder, 'outbox')
  const entry = async ({ username, signer }: Account): Promise<object> => ({
    authentication: { basic: { username, passwordFile } },
    factors: {
      PIN: { file: await secret(`pin-${username}`, signer.pin) },
      OTP: { folder: outbox },
      TOTP: { secretFile: await secret(`totp-${username}`, signer.otpauthUri) },
    },
  })
  return {
    user: await entry(user),
    other: await entry(other),
    lockable: await entry(lockable),
    disabled,
    expired,
    lifetimes: LIFETIMES,
    lockAfter: LOCK_AFTER,
  }
}
