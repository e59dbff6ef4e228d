import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { stringify } from 'yaml'
import type { CommandIo } from '../../../client/commands/commandModule.ts'
import { run } from '../../../client/main.ts'
import { buildSam, newRequestId, type TestSam } from '../../support/buildSam.ts'
import { journalOf } from '../../support/samActs.ts'

interface Outcome {
  readonly code: number
  readonly out: string
  readonly talk: string
}

const URI = /^otpauth:\/\/totp\/\S+secret=[A-Z2-7]{32,}\S*$/m

describe('chancery signer totp: a secret that can be had once', function () {
  this.timeout(60_000)
  let sam: TestSam
  let officer: string
  before(async () => {
    sam = await buildSam()
    officer = writeOfficerFolder(sam)
  })
  after(() => sam.dispose())

  const newSigner = async (): Promise<string> => {
    const person = { requestId: newRequestId(), commonName: 'Ada Test', country: 'DK' }
    return (await sam.ra.call('createSigner', person)).signerId
  }
  const totp = async (
    signerId: string,
    words: readonly string[],
    isTerminal: boolean | undefined,
  ): Promise<Outcome> => {
    const outcome = { code: -1, out: '', talk: '' }
    const io: CommandIo = {
      out: (text) => (outcome.out += text),
      talk: (text) => (outcome.talk += text),
      // A pipe as far as the command looks at it; only a process can have the whole of ReadStream.
      // eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion
      stdin: new PassThrough() as unknown as NodeJS.ReadStream,
      ...(isTerminal === undefined ? {} : { isTerminal }),
    }
    outcome.code = await run(['signer', 'totp', signerId, '--officer', officer, ...words], io)
    return outcome
  }
  const enrolments = async (): Promise<number> => (await journalOf(sam, 'FACTOR_ENROLLED')).length

  for (const isTerminal of [false, undefined])
    it(`is not even made where standard output is no terminal (${isTerminal})`, async () => {
      const signerId = await newSigner()
      const before = await enrolments()
      const { code, out, talk } = await totp(signerId, [], isTerminal)
      assert.equal(code, 2)
      assert.equal(out, '')
      assert.match(
        talk,
        /standard output is no terminal\. Use --out <file>, or --show .* Nothing was enrolled\./,
      )
      assert.equal(await enrolments(), before)
      // So it can still be had.
      assert.match((await totp(signerId, [], true)).out, URI)
    })

  it('is shown on a terminal, with a code to scan, and nowhere else', async () => {
    const before = await enrolments()
    const { code, out, talk } = await totp(await newSigner(), [], true)
    assert.equal(code, 0, talk)
    assert.match(out, URI)
    assert.match(out, /[▀▄█]/)
    assert.equal(talk, '')
    assert.equal(await enrolments(), before + 1)
  })

  it('goes to standard output where that was asked for', async () => {
    const { code, out, talk } = await totp(await newSigner(), ['--show'], false)
    assert.equal(code, 0, talk)
    assert.match(out.trimEnd(), new RegExp(`${URI.source.replace('$', '')}$`))
    assert.equal(out.trimEnd().split('\n').length, 1)
    assert.equal(talk, '')
  })

  it('goes into a new file for its owner only, and not to standard output', async () => {
    const file = join(sam.folder, 'new-totp')
    const { code, out, talk } = await totp(await newSigner(), ['--out', file], true)
    assert.equal(code, 0, talk)
    assert.equal(out, '')
    assert.match(readFileSync(file, 'utf8'), URI)
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.ok(!URI.test(talk))
  })

  it('is not made for a file that is there already, and that file stays as it was', async () => {
    const file = join(sam.folder, 'present')
    writeFileSync(file, 'kept')
    const before = await enrolments()
    const { code, talk } = await totp(await newSigner(), ['--out', file], true)
    assert.equal(code, 1)
    assert.match(talk, /is there already\. Nothing was enrolled\./)
    assert.equal(readFileSync(file, 'utf8'), 'kept')
    assert.equal(await enrolments(), before)
  })

  it('leaves no empty file when the SAM refuses', async () => {
    const file = join(sam.folder, 'never')
    const { code } = await totp('signer-unknown', ['--out', file], true)
    assert.equal(code, 1)
    assert.ok(!existsSync(file))
  })
})

function writeOfficerFolder(sam: TestSam): string {
  const folder = join(sam.folder, 'officer')
  mkdirSync(folder)
  const { ra, officer } = sam.identities
  for (const [name, content] of Object.entries({
    'peers-ca.crt': ra.ca,
    'ra.crt': ra.cert,
    'ra.key': ra.key,
    'officer.crt': officer.cert,
    'officer.key': officer.key,
    'operator-token': 'unused',
  }))
    writeFileSync(join(folder, name), content, { mode: 0o600 })
  const file = join(folder, 'officer.yaml')
  writeFileSync(
    file,
    stringify({
      sam: { socketPath: sam.socketPath },
      ca: { socketPath: sam.socketPath },
      authority: 'peers-ca.crt',
      ra: { certificate: 'ra.crt', key: 'ra.key' },
      officer: { certificate: 'officer.crt', key: 'officer.key' },
      management: 'http://127.0.0.1:9',
      operatorTokenFile: 'operator-token',
    }),
  )
  return file
}
