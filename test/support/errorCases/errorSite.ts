import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { textIn } from '../bodyOf.ts'
import { buildSsa, type Answer, type CallOptions } from '../buildSsa.ts'
import { digestEntry, sha256 } from '../documentEntries.ts'
import type { ErrorRow } from '../errorRows.ts'
import { newHashes } from '../samActs.ts'
import { base64, buildService, call, makeAccount, sadFor, type Account, type Service } from '../service.ts'
import { testTsa } from '../testTsa.ts'

export const RSA = '1.2.840.113549.1.1.1'
export const RSA_SHA256 = '1.2.840.113549.1.1.11'
export const PSS = '1.2.840.113549.1.1.10'
export const SHA256 = '2.16.840.1.101.3.4.2.1'
export const SHA384 = '2.16.840.1.101.3.4.2.2'
export const HOUR = 3_600_000
export const TEXT = Buffer.from('a document')

/** Sends what a row is answered to. */
export type Case = (row: ErrorRow) => Promise<Answer>
/** By method, and where the versions differ by `v1 method` or `v2 method`; then by the row's case. */
export type CasesByMethod = Readonly<Record<string, Readonly<Record<string, Case>>>>

type Send = (row: ErrorRow, body: object, options?: CallOptions) => Promise<Answer>

/** The service that the rows are sent to, and requests that are right but for one fault. */
export interface ErrorSite extends ReturnType<typeof requestsOf>, ReturnType<typeof accountsOf> {
  readonly service: Service
  readonly ada: Account
  readonly send: Send
  checkedLater(factors: { readonly OTP: string }, wrongBefore?: number): Promise<Answer>
  /** The service's time, in milliseconds. */
  now(): number
  /** Takes the step half an hour later. */
  later(step: () => Promise<Answer>): Promise<Answer>
  dispose(): Promise<void>
}

export const hashName = ({ version }: ErrorRow): 'hash' | 'hashes' => (version === 'v1' ? 'hash' : 'hashes')
export const algorithmName = ({ version }: ErrorRow): string =>
  version === 'v1' ? 'hashAlgo' : 'hashAlgorithmOID'
export const factorsAs = ({ version }: ErrorRow, factors: { OTP?: string; PIN?: string }): object =>
  version === 'v1' ? factors : { authData: Object.entries(factors).map(([id, value]) => ({ id, value })) }

/** Starts the service with its TSA and one account; the caller disposes it. */
export async function errorSite(): Promise<ErrorSite> {
  let offset = 0
  const tsa = await testTsa()
  const service = await buildService(
    { clockSources: { wall: () => Date.now() + offset, monotonic: () => performance.now() + offset } },
    { timestamp: { url: tsa.url, authority: tsa.authorityFile } },
  )
  const impatient = await impatientOf(service)
  const ada = await makeAccount(service, { keyType: 'rsa-3072', policy: 'otp-pin' })
  const send: Send = (row, body, options = {}) =>
    service.ssa.post(row.version, row.method, body, { token: ada.token, ...options })
  return {
    service,
    ada,
    send,
    ...requestsOf(service, ada, send),
    ...accountsOf(service),
    checkedLater: (factors, wrongBefore = 0) => checkedLater(impatient, factors, wrongBefore),
    now: () => Date.now() + offset,
    later: (step) => {
      offset += HOUR / 2
      return step()
    },
    dispose: async () => {
      await impatient.ssa.dispose()
      await service.dispose()
      await tsa.close()
    },
  }
}

/** Another SSA of the same SAM, which waits for no authorization. */
async function impatientOf({ sam }: Service): Promise<Service> {
  const samAddress = { socketPath: sam.socketPath, identity: sam.identities.ssa }
  const ssa = await buildSsa({ sam: samAddress, config: { authorization: { waitSeconds: 0.001 } } })
  return { sam, ssa, dispose: () => ssa.dispose() }
}

function requestsOf(service: Service, ada: Account, send: Send) {
  /** A request of credentials/authorize that is right but for its factors. */
  const authorization = (row: ErrorRow, account: Account, changes: object = {}): object => ({
    credentialID: account.credentialID,
    numSignatures: 1,
    [hashName(row)]: base64(newHashes(1)),
    ...(row.version === 'v1' ? {} : { hashAlgorithmOID: SHA256 }),
    ...changes,
  })
  /** A request of signHash that is right but for its SAD. */
  const signing = (row: ErrorRow, changes: object = {}): object => ({
    credentialID: ada.credentialID,
    SAD: 'x',
    [hashName(row)]: base64(newHashes(1)),
    signAlgo: RSA_SHA256,
    ...changes,
  })
  /** A request of signDoc that is right but for its SAD; `changes` are to its one digest. */
  const document = (changes: object = {}, more: object = {}): object => ({
    credentialID: ada.credentialID,
    SAD: 'x'.repeat(43),
    ...digestEntry([sha256(TEXT)], { signAlgo: RSA_SHA256, ...changes }),
    ...more,
  })
  return {
    authorization,
    signing,
    document,
    /** signHash under a SAD of its own that authorizes `hashes`. */
    signed: async (row: ErrorRow, changes: (hashes: readonly Buffer[]) => object): Promise<Answer> => {
      const hashes = newHashes(1)
      const SAD = await sadFor(service, ada, hashes, { PIN: ada.signer.pin })
      return send(row, signing(row, { SAD, [hashName(row)]: base64(hashes), ...changes(hashes) }))
    },
    /** A body that is right up to where the row's own fault goes. */
    rightBody: (row: ErrorRow): object => {
      if (row.method === 'signatures/signHash') return signing(row)
      if (row.method === 'signatures/signDoc') return document()
      if (row.method === 'credentials/authorize') return authorization(row, ada)
      if (row.method === 'credentials/getChallenge') return { authObjectID: 'OTP' }
      if (row.method === 'signatures/signPolling') return { requestID: 'x' }
      return { credentialID: ada.credentialID }
    },
    polledAtOnce: (row: ErrorRow) => polledAtOnce({ service, ada, send }, row),
  }
}

/** Accounts in the states that rows are about. */
function accountsOf(service: Service) {
  const lockedBy = async (account: Account, factors: object): Promise<Account> => {
    for (let tries = 0; tries < 5; tries++)
      await call(service, account, 'v1 credentials/authorize', {
        credentialID: account.credentialID,
        numSignatures: 1,
        ...factors,
      })
    return account
  }
  return {
    suspended: async (): Promise<Account> => {
      const account = await makeAccount(service)
      const { credentialId, signerId } = account.signer
      const change = { requestId: 'request-s', credentialId, reason: 'test' }
      await service.sam.ssa.call('suspend', { ...change, signerId, clientId: 'basic' })
      return account
    },
    withLockedOtp: async (): Promise<Account> =>
      lockedBy(await makeAccount(service), { hash: base64(newHashes(1)), OTP: '00000000' }),
    withLockedPin: async (): Promise<Account> =>
      lockedBy(await makeAccount(service, { policy: 'pin' }), { PIN: 'wrong-pin' }),
  }
}

/** What authorizeCheck says of an authorization that the service did not wait for, after so many wrong ones. */
async function checkedLater(
  impatient: Service,
  factors: { readonly OTP: string },
  wrongBefore: number,
): Promise<Answer> {
  const account = await makeAccount(impatient)
  const checked = async (): Promise<Answer> => {
    const body = {
      credentialID: account.credentialID,
      numSignatures: 1,
      hashes: base64(newHashes(1)),
      hashAlgorithmOID: SHA256,
      authData: [{ id: 'OTP', value: factors.OTP }],
    }
    const begun = await call(impatient, account, 'v2 credentials/authorize', body)
    assert.equal(begun.status, 202)
    for (;;) {
      const handle = textIn(begun.body, 'handle')
      const answer = await call(impatient, account, 'v2 credentials/authorizeCheck', { handle })
      if (answer.status !== 202) return answer
      await sleep(20)
    }
  }
  for (let tries = 0; tries < wrongBefore; tries++) await checked()
  return checked()
}

/** A long list, so that it is still being signed when it is asked for. */
async function polledAtOnce(
  { service, ada, send }: { readonly service: Service; readonly ada: Account; readonly send: Send },
  row: ErrorRow,
): Promise<Answer> {
  const hashes = newHashes(100)
  const body = {
    credentialID: ada.credentialID,
    SAD: await sadFor(service, ada, hashes, { PIN: ada.signer.pin }),
    hashes: base64(hashes),
    signAlgo: RSA_SHA256,
    operationMode: 'A',
  }
  const begun = await service.ssa.post('v2', 'signatures/signHash', body, { token: ada.token })
  return send(row, { requestID: textIn(begun.body, 'responseID') })
}
