import assert from 'node:assert/strict'
import { OpenAPIBackend } from 'openapi-backend'
import { isCanonicalBase64 } from '../../src/domain/base64.ts'

async function load(file: string): Promise<OpenAPIBackend> {
  const api = new OpenAPIBackend({
    definition: `openapi/${file}`,
    ajvOpts: { strict: false },
    customizeAjv: (ajv) => {
      ajv.addFormat('byte', isCanonicalBase64)
      ajv.addFormat('uri', (text: string) => URL.canParse(text))
      return ajv
    },
  })
  return api.init()
}

const loaded = { v1: load('csc-v1.yaml'), v2: load('csc-v2.yaml'), management: load('management.yaml') }

/** Fails if an answer is not what the contract of that operation says. */
export async function assertContract(
  contract: keyof typeof loaded,
  operation: string,
  answer: { readonly status: number; readonly body: unknown },
): Promise<void> {
  const api = await loaded[contract]
  const responses = api.getOperation(operation)?.responses
  assert.ok(responses, `${operation} is not in the contract of ${contract}`)
  const isListed = String(answer.status) in responses
  assert.ok(isListed || 'default' in responses, `${operation} has no answer ${answer.status}`)
  if (answer.status === 204) return
  const { errors } = api.validateResponse(answer.body, operation, answer.status)
  assert.equal(errors ?? undefined, undefined, JSON.stringify(errors))
}

/**
 * As `assertContract`, by the path that was called. What is no method of the contract must be answered with its Error
 * all the same. Returns the answer.
 */
export async function assertAnswer<A extends { readonly status: number; readonly body: unknown }>(
  path: string,
  answer: A,
): Promise<A> {
  const [, version = '', operation = ''] = /\/csc\/(v[12])\/([^?]+)/.exec(path) ?? []
  const contract = version === 'v2' ? 'v2' : 'v1'
  if (version !== '' && (await loaded[contract]).getOperation(operation) !== undefined)
    await assertContract(contract, operation, answer)
  else {
    assert.ok(answer.status >= 400, `${path} is no method, and answered ${answer.status}`)
    // The error of a method that has no other answers than errors.
    await assertContract('v2', 'oauth2/token', answer)
  }
  return answer
}
