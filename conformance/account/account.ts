import { z } from 'zod'

const file = z.string().min(1)

/** A name and a password in an address would get into reports. */
const address = z
  .url({ protocol: /^https?$/ })
  .refine((text) => !/^[^/]*\/\/[^/]*@/.test(text), 'names and passwords belong under authentication')

/** Where the value of a factor comes from. */
const factorSource = z.union(
  [
    /** The same every time: a PIN. */
    z.strictObject({ file }),
    /** An authenticator (RFC 6238): its Base32 secret, or an otpauth URI, in a file. */
    z.strictObject({ secretFile: file }),
    /** Prints the newest code; run by the shell after the service was asked to send one. */
    z.strictObject({ command: z.string().min(1) }),
    /** Each code comes as a new file: JSON with a member `code`, or the code alone. */
    z.strictObject({ folder: file }),
  ],
  'needs one of file, secretFile, command or folder',
)
export type FactorSource = z.infer<typeof factorSource>

const user = z.strictObject({
  /** `auth/login` with a password; or a token that somebody got elsewhere; or nothing, where TLS or the network says who one is. */
  authentication: z.union(
    [
      z.strictObject({ basic: z.strictObject({ username: z.string().min(1), passwordFile: file }) }),
      z.strictObject({ bearer: z.strictObject({ tokenFile: file }) }),
      z.strictObject({ none: z.strictObject({}) }),
    ],
    'needs one of basic, bearer or none, with what it takes',
  ),
  /** By id: `PIN` and `OTP` of version 1, the ids of the authentication objects of version 2. */
  factors: z.record(z.string(), factorSource).default({}),
  /** What may be signed with. Absent: what `credentials/list` gives. */
  credentials: z.array(z.string()).optional(),
})
export type User = z.infer<typeof user>

/** Of what a service shall be tested with. Secrets are named by file, never held; paths are relative to the file's folder. */
export const account = z.strictObject({
  /** Base URIs by version; `--base-url` goes before. */
  baseUrls: z.strictObject({ v1: address.optional(), v2: address.optional() }).default({}),
  tls: z
    .strictObject({
      /** PEM of the authority of the service's certificate, where it is not a well-known one. */
      caFile: file.optional(),
      /** PEM of a client certificate, where the service asks for one. */
      certificateFile: file.optional(),
      keyFile: file.optional(),
    })
    .refine(({ certificateFile, keyFile }) => keyFile === undefined || certificateFile !== undefined, {
      path: ['certificateFile'],
      message: 'is missing, for a key alone says nothing',
    })
    .refine(({ certificateFile, keyFile }) => certificateFile === undefined || keyFile !== undefined, {
      path: ['keyFile'],
      message: 'is missing, for a certificate alone shows nothing',
    })
    .default({}),
  /** Whom the suite acts as. */
  user,
  /** Somebody else, whose credentials and SADs the user must not reach. */
  other: user.optional(),
  /** Somebody whose factors may be locked and whose tokens may be revoked; used with `--destructive` only. */
  lockable: user.optional(),
  /** Credentials of the user that cannot be used: ids. */
  disabled: z.string().optional(),
  expired: z.string().optional(),
  /** How long things live, in seconds: needed to see that they end. */
  lifetimes: z
    .strictObject({
      sad: z.number().positive().optional(),
      token: z.number().positive().optional(),
      otp: z.number().positive().optional(),
    })
    .default({}),
  /** Wrong attempts that lock a factor. */
  lockAfter: z.int().positive().optional(),
})
export type Account = z.infer<typeof account>
export type TlsFiles = Account['tls']
