import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { z } from 'zod'
import { samplePdf } from '../../ades/pdf/samplePdf.ts'
import { verifyWithPdfsig } from '../../scripts/demo/verifySigned.ts'
import { clientRecipe } from '../support/clientRecipe.ts'
import { deploy, type Deployment } from '../support/deployment.ts'
import { runScript } from './support/python.ts'
import { rootOf, validatedByPyHanko } from './support/validate.ts'

const credential = z.object({ id: z.string(), keyType: z.string(), factors: z.array(z.string()) })
const connection = z.object({
  csc: z.object({ v1: z.string() }),
  caFile: z.string(),
  signer: z.object({
    username: z.string(),
    passwordFile: z.string(),
    factors: z.record(z.string(), z.record(z.string(), z.string())),
    credentials: z.array(credential),
  }),
})
const signed = z.array(z.object({ name: z.string(), error: z.string().nullable() }))
/** What pyHanko is asked to make: the key, the digest of its CMS, and for RSA how it pads. */
const CASES = [
  { name: 'rsa', keyType: 'rsa-3072', digest: 'sha256', padding: 'pkcs1', count: 1 },
  { name: 'rsa512', keyType: 'rsa-3072', digest: 'sha512', padding: 'pkcs1', count: 1 },
  { name: 'pssDefault', keyType: 'rsa-3072', digest: 'sha256', padding: 'pss-default', count: 1 },
  { name: 'pssHashLength', keyType: 'rsa-3072', digest: 'sha256', padding: 'pss-hash-length', count: 1 },
  { name: 'p256', keyType: 'p-256', digest: 'sha256', padding: 'none', count: 1 },
  { name: 'p384', keyType: 'p-384', digest: 'sha384', padding: 'none', count: 1 },
  { name: 'five', keyType: 'rsa-3072', digest: 'sha256', padding: 'pkcs1', count: 5 },
  { name: 'v2', keyType: 'rsa-3072', digest: 'sha256', padding: 'pkcs1', count: 1, version: 'v2' },
] as const

const TITLES: Readonly<Record<(typeof CASES)[number]['name'], string>> = {
  rsa: 'RSA PKCS#1 v1.5, PIN and OTP',
  rsa512: 'RSA PKCS#1 v1.5 with SHA-512',
  pssDefault: 'RSA-PSS as pyHanko makes it by itself, with the longest salt',
  pssHashLength: 'RSA-PSS with a salt as long as the hash',
  p256: 'ECDSA P-256',
  p384: 'ECDSA P-384, PIN and TOTP',
  five: 'five documents in one authorization',
  v2: 'to the paths of v2, with the names of v1 (switch v1Names)',
}

describe("pyHanko's own CSC signer, through v1 over TLS", function () {
  this.timeout(300_000)
  let deployment: Deployment
  let outcomes: z.infer<typeof signed>
  let verdicts: ReturnType<typeof validatedByPyHanko>
  const filesOf = ({ name, count }: (typeof CASES)[number]): { in: string; out: string }[] =>
    Array.from({ length: count }, (_, index) => ({
      in: join(deployment.folder, 'in', `${name}${index}.pdf`),
      out: join(deployment.folder, 'out', `${name}${index}.pdf`),
    }))

  before(async () => {
    deployment = await deploy()
    await allowV1Names(deployment)
    for (const folder of ['in', 'out']) mkdirSync(join(deployment.folder, folder))
    const told = connection.parse(JSON.parse(readFileSync(deployment.connection, 'utf8')))
    const { username, passwordFile, factors, credentials } = told.signer
    const cases = CASES.map((wanted) => {
      const files = filesOf(wanted)
      for (const file of files) writeFileSync(file.in, samplePdf({ title: wanted.name }))
      return { ...wanted, files, credential: credentials.find(({ keyType }) => keyType === wanted.keyType) }
    })
    const root = told.csc.v1.replace(/\/csc\/v1$/, '')
    outcomes = signed.parse(
      runScript('sign_with_pyhanko.py', {
        root,
        caFile: told.caFile,
        username,
        passwordFile,
        factors,
        cases,
      }),
    )
    const files = cases.flatMap((one) => one.files.map(({ out }) => out)).filter((file) => existsSync(file))
    verdicts = validatedByPyHanko([rootOf(deployment)], files)
  })
  after(() => deployment.remove())

  for (const wanted of CASES)
    it(`signs ${TITLES[wanted.name]}; pyHanko and pdfsig find it good`, () => {
      const outcome = outcomes.find(({ name }) => name === wanted.name)
      assert.equal(outcome?.error, null)
      for (const { out } of filesOf(wanted)) {
        const [signature, ...more] = verdicts[out] ?? []
        assert.deepEqual(more, [])
        assert.deepEqual([signature?.ok, signature?.covers], [true, 'ENTIRE_FILE'], signature?.what)
        assert.ok(verifyWithPdfsig(out).isGood)
      }
    })

  it('finds a document that was changed after signing not good: the check itself can fail', () => {
    const [file] = filesOf(CASES[0])
    assert.ok(file)
    const changed = readFileSync(file.out)
    const at = changed.indexOf('Ada Example')
    changed[at < 0 ? 700 : at] = 0x58
    const path = join(deployment.folder, 'changed.pdf')
    writeFileSync(path, changed)
    const found = validatedByPyHanko([rootOf(deployment)], [path])
    assert.equal(found[path]?.[0]?.ok, false)
  })
})

/** pyHanko has the names of v1 only, whatever version its URLs name: a switch of the application. */
async function allowV1Names(deployment: Deployment): Promise<void> {
  await deployment.stop()
  const file = join(deployment.data, 'ssa', 'ssa.yaml')
  appendFileSync(file, stringify(clientRecipe('pyHanko')))
  await deployment.restart()
}
