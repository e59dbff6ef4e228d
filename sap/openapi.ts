import type { JsonSchema } from './codec.ts'
import { MAX_RETRY_AFTER, SAP_ERROR_CODES, SAP_STATUS } from './errors.ts'
import { MAX_BODY_BYTES, PROTOCOL_VERSION, REQUEST_TIMEOUT_MS } from './limits.ts'
import { SAM_OPERATIONS } from './operations.ts'

const DESCRIPTION = `The protocol between the Server Signing Application, the officers' commands, the CA and the
Signature Activation Module: HTTP/1.1 over mutual TLS 1.3. A message is the compact JSON that JSON.stringify writes, to
the byte; binary members are canonical base64. At most ${MAX_BODY_BYTES} bytes and ${REQUEST_TIMEOUT_MS / 1000} seconds.
The peer's role comes from its enrolled certificate; \`x-roles\` says who may call what. The SAD is opaque to everybody
but the SAM.`

/** The SAP as an OpenAPI 3.1 document, from the same table that parses the messages. */
export function sapOpenApi(): JsonSchema {
  return {
    openapi: '3.1.0',
    info: { title: 'Chancery SAP', version: PROTOCOL_VERSION, description: DESCRIPTION },
    paths: Object.fromEntries(
      Object.entries(SAM_OPERATIONS).map(([name, entry]) => [pathOf(name), itemOf(name, entry)]),
    ),
    components: {
      schemas: {
        Refusal: {
          type: 'object',
          required: ['error'],
          properties: {
            error: { type: 'string', enum: SAP_ERROR_CODES },
            subject: {
              description: 'With certificate_expired: of the certificate.',
              type: 'object',
              properties: { organization: { type: 'string' }, commonName: { type: 'string' } },
            },
            retryAfter: {
              description: 'With otps_limited: seconds until it may be asked again.',
              type: 'integer',
              minimum: 1,
              maximum: MAX_RETRY_AFTER,
            },
          },
        },
      },
    },
  }
}

const pathOf = (name: string): string => `/sap/${PROTOCOL_VERSION}/${name}`

interface Entry {
  readonly roles: readonly string[]
  readonly request: { readonly schema: JsonSchema }
  readonly answer: { readonly schema: JsonSchema }
}

function itemOf(name: string, entry: Entry): JsonSchema {
  const content = (schema: JsonSchema): JsonSchema => ({ 'application/json': { schema } })
  const refusal = { description: 'Refused', content: content({ $ref: '#/components/schemas/Refusal' }) }
  const statuses = [...new Set(Object.values(SAP_STATUS))].sort((a, b) => a - b)
  return {
    post: {
      operationId: name,
      'x-roles': entry.roles,
      requestBody: { required: true, content: content(entry.request.schema) },
      responses: {
        '200': { description: 'Done', content: content(entry.answer.schema) },
        ...Object.fromEntries(statuses.map((status) => [String(status), refusal])),
      },
    },
  }
}
