import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'

const endpoints = z.object({ v1: z.url(), v2: z.url() })
const file = z.string().min(1)

const connection = z.object({
  /** Base URIs by API version; `mutualTls` is for applications that show a client certificate. */
  csc: endpoints,
  mutualTls: endpoints.optional(),
  /** PEM of the CA that the service's HTTPS certificate comes from. */
  caFile: file.optional(),
  client: z
    .object({ id: z.string(), name: z.string().optional(), certificateFile: file, keyFile: file })
    .optional(),
  signer: z.object({
    username: z.string().min(1),
    passwordFile: file,
    factors: z
      .object({
        pin: z.object({ file }).optional(),
        totp: z.object({ secretFile: file }).optional(),
        /** Where a development service delivers OTPs. */
        otp: z.object({ folder: file }).optional(),
      })
      .default({}),
    credentials: z.array(z.object({ id: z.string() })).default([]),
  }),
})

/** What a client must know of a service and of one signer: `connection.json`. Secrets are named by file, never held. */
export type Connection = z.infer<typeof connection>
/** The part that is needed to reach the service. */
export type ServiceAddress = Pick<Connection, 'csc' | 'mutualTls' | 'caFile' | 'client'>
export type ApiVersion = keyof Connection['csc']

/** Reads and checks the file. Throws Error with a sentence that names file and member. */
export async function readConnection(path: string): Promise<Connection> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`${resolve(path)} cannot be read; \`npm start\` writes it into its data folder.`, {
      cause,
    })
  })
  const parsed = connection.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new Error(`${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
