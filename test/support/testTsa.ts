import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ExtendedKeyUsage, ExtendedKeyUsageExtension, KeyUsageFlags } from '@peculiar/x509'
import { httpsServer, type HttpsServer } from './httpsServer.ts'
import { scratchFolder } from './scratchFolder.ts'
import { issueTestCertificate, makeAuthority, pemOf, type TestAuthority } from './testPki.ts'

const run = promisify(execFile)

export const TSA_POLICY = '1.2.3.4.77'
/** Taken when it is asked for. */
const OTHER_POLICY = '1.2.3.4.78'

export interface TsaOptions {
  /** Changes a query before OpenSSL answers it. */
  readonly query?: (query: Buffer) => Buffer
  /** Changes OpenSSL's answer. */
  readonly reply?: (reply: Buffer) => Buffer
  readonly status?: number
  readonly contentType?: string
  /** Reads, and never answers. */
  readonly isSilent?: boolean
  /** Answers when this is over. */
  readonly held?: Promise<void>
}

/** A time-stamping authority of OpenSSL behind HTTPS. */
export interface TestTsa extends HttpsServer {
  readonly url: string
  readonly authority: TestAuthority
  /** DER of its own certificate. */
  readonly certificate: Buffer
  /** PEM file of its authority. */
  readonly authorityFile: string
  /** How it misbehaves from now on. */
  options: TsaOptions
}

/** Takes SHA-256 and SHA-384; signs with an RSA or a P-256 key. */
export async function testTsa(keyAlgorithm: 'rsa' | 'ec' = 'ec'): Promise<TestTsa> {
  const folder = scratchFolder('tsa')
  const authority = await makeAuthority({ name: 'CN=Test TSA Root, C=DE' })
  const certificate = await writeKeyAndCertificate(folder, authority, keyAlgorithm)
  await writeFile(join(folder, 'tsa.cnf'), configuration(folder))
  const state: { options: TsaOptions } = { options: {} }
  const server = await httpsServer((request, response) => {
    const { query, reply, status, contentType, isSilent, held } = state.options
    if (isSilent === true) return
    const replying = replyOf(folder, query?.(request.body) ?? request.body)
    void Promise.all([replying, held]).then(([made]) => {
      response.writeHead(status ?? 200, { 'Content-Type': contentType ?? 'application/timestamp-reply' })
      response.end(reply?.(made) ?? made)
    })
  })
  return {
    ...server,
    url: `https://localhost:${server.port}/tsa`,
    authority,
    certificate,
    authorityFile: join(folder, 'ca.pem'),
    get options() {
      return state.options
    },
    set options(options) {
      state.options = options
    },
  }
}

async function writeKeyAndCertificate(
  folder: string,
  authority: TestAuthority,
  kind: 'rsa' | 'ec',
): Promise<Buffer> {
  const file = join(folder, 'tsa.key')
  const how =
    kind === 'rsa'
      ? ['RSA', '-pkeyopt', 'rsa_keygen_bits:2048']
      : ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
  await run('openssl', ['genpkey', '-algorithm', ...how, '-out', file])
  await run('openssl', ['pkey', '-in', file, '-pubout', '-outform', 'DER', '-out', join(folder, 'tsa.pub')])
  const certificate = await issueTestCertificate(authority, await readFile(join(folder, 'tsa.pub')), {
    name: 'CN=Test TSA, C=DE',
    keyUsage: KeyUsageFlags.digitalSignature,
    extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.timeStamping], true)],
  })
  await writeFile(join(folder, 'tsa.crt'), pemOf(certificate))
  await writeFile(join(folder, 'ca.pem'), pemOf(authority.certificate))
  return certificate
}

function configuration(folder: string): string {
  return `[tsa]
default_tsa = test
[test]
serial = ${folder}/serial
signer_cert = ${folder}/tsa.crt
certs = ${folder}/ca.pem
signer_key = ${folder}/tsa.key
signer_digest = sha256
default_policy = ${TSA_POLICY}
other_policies = ${OTHER_POLICY}
digests = sha256, sha384
ess_cert_id_alg = sha256
`
}

async function replyOf(folder: string, query: Buffer): Promise<Buffer> {
  const [input, output] = ['tsq', 'tsr'].map((suffix) => join(folder, `${randomUUID()}.${suffix}`))
  if (input === undefined || output === undefined) throw new Error('no names')
  await writeFile(input, query)
  await run('openssl', [
    'ts',
    '-reply',
    '-config',
    join(folder, 'tsa.cnf'),
    '-queryfile',
    input,
    '-out',
    output,
  ])
  return readFile(output)
}

/** Whether OpenSSL takes the token for one of this TSA over the digest. */
export async function opensslVerifies(tsa: TestTsa, token: Buffer, digest: Buffer): Promise<boolean> {
  const file = join(scratchFolder('token'), 'token.der')
  await writeFile(file, token)
  const arguments_ = ['ts', '-verify', '-token_in', '-in', file, '-digest', digest.toString('hex')]
  try {
    const { stdout } = await run('openssl', [...arguments_, '-CAfile', tsa.authorityFile])
    return stdout.includes('Verification: OK')
  } catch {
    return false
  }
}

/** What OpenSSL reads in a token. */
export async function tokenText(token: Buffer): Promise<string> {
  const file = join(scratchFolder('token'), 'token.der')
  await writeFile(file, token)
  return (await run('openssl', ['ts', '-reply', '-token_in', '-in', file, '-text'])).stdout
}
