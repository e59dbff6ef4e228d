import request from 'supertest'
import { bodyOf } from './bodyOf.ts'
import type { TestSsa } from './buildSsa.ts'
import { assertAnswer } from './cscContract.ts'

/** One request exactly as an application writes it: its headers, its body to the letter. */
export interface Replayed {
  /** Below the service's root, e.g. `csc/v1/info`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The answer without what a switch of the client changes in it, for the contract: that tells of none. */
  readonly unswitched?: (answer: Reply) => Reply
}

export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: unknown
}

/** Sends it over HTTPS and holds the answer against the contract; what the application gets is what is returned. */
export async function replay(ssa: TestSsa, { path, headers, body, unswitched }: Replayed): Promise<Reply> {
  const response = await request(ssa.url)
    .post(`/${path}`)
    .ca(ssa.ca)
    .set({ ...headers })
    .send(body)
  const answer: Reply = {
    status: response.status,
    contentType: response.headers['content-type'] ?? '',
    body: bodyOf(response),
  }
  await assertAnswer(`/${path}`, unswitched?.(answer) ?? answer)
  return answer
}
