import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { without } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { post } from '../../acts/post.ts'
import {
  hashAlgorithmName,
  prepare,
  preparedFor,
  SIGN_HASH,
  signed,
  verifiedIn,
  type Prepared,
} from '../../acts/signHash.ts'
import { firstInteger, isMinimal } from '../../acts/ecdsaDer.ts'
import { publicKeyOf } from '../../acts/verify.ts'
import { rule, type CaseIn } from '../../case.ts'
import { answered, holds, refused } from '../../expect.ts'
import { NotRun } from '../../outcome.ts'
import { callerCases } from './callerCases.ts'
import { formCase } from './formCase.ts'

const run = promisify(execFile)

/** What is signed, and in which order. */
export const SIGN_HASH_CASES: readonly CaseIn[] = [
  ...callerCases(async (trial) => (await prepare(trial)).body),
  rule({
    name: 'rsa-pkcs1',
    rule: 'An authorized hash gives an RSA PKCS#1 v1.5 signature that verifies.',
    attacks: ['H08'],
    run: async (trial) => {
      await signed(trial, await prepare(trial, { key: 'RSA' }))
    },
  }),
  rule({
    name: 'ecdsa',
    rule: 'An authorized hash gives an ECDSA signature in DER that verifies.',
    attacks: ['H10'],
    run: async (trial) => {
      await signed(trial, await prepare(trial, { key: 'EC' }))
    },
  }),
  rule({
    name: 'several-in-order',
    rule: 'Several hashes give as many signatures, each in the place of its hash.',
    run: async (trial) => {
      await signed(trial, await prepare(trial, { count: 5 }))
    },
  }),
  rule({
    name: 'other-order',
    rule: 'Signatures come in the order of this request, whatever the order of the authorization.',
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 5 })
      const documents = [...prepared.documents.slice(2), ...prepared.documents.slice(0, 2)].reverse()
      await signed(trial, preparedFor(trial, prepared, documents))
    },
  }),
  rule({
    name: 'sorted-and-reversed',
    rule: 'Hashes that come sorted, or the other way round, are signed in the order in which they come.',
    run: async (trial) => {
      for (const direction of [1, -1]) {
        const prepared = await prepare(trial, { count: 4 })
        const documents = [...prepared.documents].sort(
          (one, other) => direction * (one.hash < other.hash ? -1 : 1),
        )
        await signed(trial, preparedFor(trial, prepared, documents))
      }
    },
  }),
  rule({
    name: 'part-by-part',
    rule: 'When a part of the hashes was signed, the rest is signed with the same SAD, or only after extendTransaction.',
    attacks: ['S08'],
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 3 })
      const [first, ...others] = prepared.documents
      if (first === undefined) throw new Error('three documents were made')
      const rest = preparedFor(trial, prepared, others)
      await signed(trial, preparedFor(trial, prepared, [first]))
      const answer = await post(trial, SIGN_HASH, rest.body)
      trial.note(`seen: ${answer.status} for the rest`)
      if (answer.status === 200) verifiedIn(rest, answer.json)
      else refused(answer)
    },
  }),
  rule({
    name: 'ecdsa-is-random',
    rule: 'No two ECDSA signatures of different hashes have the same r, from which the key would follow.',
    attacks: ['H18'],
    run: async (trial) => {
      const signatures = await signed(trial, await prepare(trial, { key: 'EC', count: 8 }))
      const rs = signatures.map((text) => firstInteger(Buffer.from(text, 'base64')))
      holds(new Set(rs).size === rs.length, 'two signatures have the same r')
    },
  }),
  rule({
    name: 'ecdsa-der-minimal',
    rule: 'The integers of ECDSA signatures are written as short as DER demands, whatever their first bits are.',
    attacks: ['H10'],
    run: async (trial) => {
      const { multisign } = await credential(trial, { key: 'EC' })
      const prepared = await prepare(trial, { key: 'EC', count: Math.min(multisign, 24) })
      for (const signature of await signed(trial, prepared))
        holds(isMinimal(Buffer.from(signature, 'base64')), `the DER is not minimal: ${signature}`)
    },
  }),
  rule({
    name: 'openssl',
    rule: 'What this suite verifies, OpenSSL verifies, too.',
    run: async (trial) => {
      for (const key of ['RSA', 'EC'] as const) {
        const prepared = await prepare(trial, { key })
        const [signature = ''] = await signed(trial, prepared)
        await verifiedByOpenssl(prepared, Buffer.from(signature, 'base64'))
      }
    },
  }),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text; unknown members are ignored.',
    run: async (trial) => {
      const prepared = await prepare(trial)
      const nothing = Object.fromEntries(
        [hashAlgorithmName(trial), 'signAlgoParams']
          .filter((name) => !Object.hasOwn(prepared.body, name))
          .map((name) => [name, null]),
      )
      const body = { ...prepared.body, ...nothing, clientData: 'case 17', somethingElse: { a: [1] } }
      await signed(trial, { ...prepared, body })
    },
  }),
  formCase({
    good: async (trial) => {
      const prepared = await prepare(trial)
      const answer = await post(trial, SIGN_HASH, prepared.body)
      verifiedIn(prepared, answered(answer))
      return answer
    },
    bad: async (trial) => post(trial, SIGN_HASH, without((await prepare(trial)).body, 'SAD')),
  }),
]

async function verifiedByOpenssl(
  { credential: one, scheme, documents: [document] }: Prepared,
  signature: Buffer,
): Promise<void> {
  if (document === undefined) throw new Error('one document was made')
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  const write = async (name: string, content: string | Buffer): Promise<string> => {
    const file = join(folder, name)
    await writeFile(file, content)
    return file
  }
  try {
    const key = await write('key.pem', publicKeyOf(one).export({ type: 'spki', format: 'pem' }))
    const [data, sig] = [await write('data', document.data), await write('signature', signature)]
    await run('openssl', ['dgst', `-${scheme.hash}`, '-verify', key, '-signature', sig, data]).catch(
      (cause: unknown) => {
        if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
          throw new NotRun('the program openssl')
        holds(false, `openssl dgst -verify does not verify a signature of kind ${scheme.kind}`)
      },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
