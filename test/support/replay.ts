import request from 'supertest'
import { bodyOf } from './bodyOf.ts'
import type { TestSsa } from './buildSsa.ts'

/** One request exactly as an application writes it: its headers, its body to the letter. */
export interface Replayed {
  /** Below the service's root, e.g. `csc/v1/info`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: unknown
}

/** Sends it over HTTPS, without the contract's own checks of the answer: what the application gets is what is judged. */
export async function replay(ssa: TestSsa, { path, headers, body }: Replayed): Promise<Reply> {
  const response = await request(ssa.url)
    .post(`/${path}`)
    .ca(ssa.ca)
    .set({ ...headers })
    .send(body)
  return {
    status: response.status,
    contentType: response.headers['content-type'] ?? '',
    body: bodyOf(response),
  }
}
