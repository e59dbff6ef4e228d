import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { z } from 'zod'

const anyObject = z.record(z.string(), z.unknown())
const contract = z.object({
  components: z.object({ schemas: z.record(z.string(), anyObject) }),
  paths: anyObject,
})
const withBody = z.object({
  post: z.object({
    requestBody: z.object({
      content: z.object({ 'application/json': z.object({ schema: z.object({ $ref: z.string() }) }) }),
    }),
  }),
})
const load = (file: string): z.infer<typeof contract> =>
  contract.parse(parse(readFileSync(new URL(`../../openapi/${file}`, import.meta.url), 'utf8')))
const CONTRACTS = { v1: load('csc-v1.yaml'), v2: load('csc-v2.yaml') }

/**
 * What a client's request breaks of the published contract (openapi/), if anything. A member that the contract does not
 * list counts too: a service may ignore it, our client must not send it.
 */
export function requestViolation(
  version: 'v1' | 'v2',
  method: string,
  body: Readonly<Record<string, unknown>>,
): string | undefined {
  const { paths, components } = CONTRACTS[version]
  const path = withBody.safeParse(paths[`/${method}`])
  if (!path.success) return `no method ${method}`
  const { $ref } = path.data.post.requestBody.content['application/json'].schema
  const properties = anyObject.parse(components.schemas[$ref.split('/').at(-1) ?? '']?.['properties'])
  const extra = Object.keys(body).find((name) => !(name in properties))
  if (extra !== undefined) return `member ${extra}`
  const ajv = new Ajv({ strict: false, validateFormats: false })
  const validate = ajv.compile({ $ref, components })
  return validate(body) ? undefined : ajv.errorsText(validate.errors)
}
