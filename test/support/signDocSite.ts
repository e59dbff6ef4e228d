import assert from 'node:assert/strict'
import { memberOf, textIn } from './bodyOf.ts'
import type { Answer } from './buildSsa.ts'
import {
  anotherCredential,
  buildService,
  call,
  makeAccount,
  otpFor,
  type Account,
  type Service,
} from './service.ts'

/** A service with a signer: one credential whose SADs are over hashes, and one whose SADs may name none. */
export interface SignDocSite {
  readonly service: Service
  readonly account: Account
  readonly late: Account
}

export async function buildSignDocSite(): Promise<SignDocSite> {
  const service = await buildService()
  const account = await makeAccount(service)
  return { service, account, late: await anotherCredential(service, account, { policy: 'scal1-otp' }) }
}

export function signDoc(service: Service, holder: Account, SAD: string, body: object): Promise<Answer> {
  const request = { credentialID: holder.credentialID, SAD, ...body }
  return call(service, holder, 'v2 signatures/signDoc', request)
}

/** A SAD for one document that is not named. */
export async function lateSad({ service, late }: SignDocSite): Promise<string> {
  const answer = await call(service, late, 'v2 credentials/authorize', {
    credentialID: late.credentialID,
    numSignatures: 1,
    authData: [{ id: 'OTP', value: await otpFor(service, late) }],
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return textIn(answer.body, 'SAD')
}

/** The values of `DocumentWithSignature` or `SignatureObject`. */
export function membersIn(answer: Answer, member: string): readonly Buffer[] {
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  const values = memberOf(answer.body, member)
  assert.ok(Array.isArray(values), JSON.stringify(answer.body).slice(0, 200))
  return values.map((value: unknown) => Buffer.from(String(value), 'base64'))
}
