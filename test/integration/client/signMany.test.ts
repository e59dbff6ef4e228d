import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { classicPdf, samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { checkWithOpenssl, checkWithTools, signaturesIn } from '../../support/checkSignedPdf.ts'
import { pdfFixture } from '../../support/pdfFixtures.ts'
import { runCommand, type CommandOutcome } from '../../support/runCommand.ts'
import { qpdf } from '../../support/samplePdf.ts'
import { scriptedCsc, type ScriptedCsc, type ScriptedOptions } from '../../support/scriptedCsc.ts'

describe('chancery sign, many files', () => {
  let service: ScriptedCsc
  const start = async (options: ScriptedOptions = {}): Promise<void> => {
    service = await scriptedCsc(options)
    mkdirSync(at('in'))
  }
  afterEach(() => service.close())
  const at = (...names: readonly string[]): string => join(service.folder, ...names)
  /** Writes the documents and returns their paths. */
  const documents = (contents: Readonly<Record<string, Buffer>>): readonly string[] =>
    Object.entries(contents).map(([name, content]) => {
      writeFileSync(at('in', name), content)
      return at('in', name)
    })
  const sign = (
    words: readonly string[],
    options: Parameters<typeof runCommand>[1] = {},
  ): Promise<CommandOutcome> =>
    runCommand(['sign', ...words, '--connection', service.connectionFile], options)
  const into = (...words: readonly string[]): readonly string[] => ['--out-dir', at('out'), ...words]
  const methods = (): readonly string[] => service.seen.map(({ method }) => method)
  const written = (): readonly string[] => (existsSync(at('out')) ? readdirSync(at('out')).sort() : [])
  const assertSigned = (name: string): void => {
    const pdf = readFileSync(at('out', name))
    const signature = signaturesIn(pdf).at(-1)
    assert.ok(signature?.coversWholeFile)
    checkWithOpenssl(signature, service.signer.chain[1])
    checkWithTools(pdf, signaturesIn(pdf).length)
  }
  const withoutOtpFolder = (): void => {
    const { signer } = service.connection
    const factors = { ...signer.factors, otp: undefined }
    const connection = { ...service.connection, signer: { ...signer, factors } }
    writeFileSync(service.connectionFile, JSON.stringify(connection))
  }

  it('signs them in one authorization, with one OTP and one fingerprint', async () => {
    await start()
    const same = samplePdf({ date: new Date(0) })
    const files = documents({ 'a.pdf': same, 'b.pdf': same, 'c.pdf': pdfFixture('pyhanko-signed') })
    const { code, out, talk } = await sign([...files, ...into()])
    assert.equal(code, 0, talk)
    assert.equal(out, ['a.pdf', 'b.pdf', 'c.pdf'].map((name) => `${at('out', name)}\n`).join(''))
    for (const name of ['a.pdf', 'b.pdf', 'c.pdf']) assertSigned(name)
    const order = ['auth/login', 'credentials/info', 'credentials/sendOTP', 'credentials/authorize']
    assert.deepEqual(methods(), [...order, 'signatures/signHash', 'auth/revoke'])
    assert.equal(talk.match(/^Fingerprint: /gm)?.length, 1)
    assert.match(talk, /Signed 3 of 3: c\.pdf, Signature1, ecdsa with sha256/)
    const authorized = service.seen.find(({ method }) => method === 'credentials/authorize')?.body
    assert.equal(authorized?.['numSignatures'], 3)
    const sent = service.seen.find(({ method }) => method === 'credentials/sendOTP')?.body
    assert.equal(sent?.['description'], '3 files: a.pdf, b.pdf, c.pdf')
    for (const [name, content] of [
      ['a.pdf', same],
      ['c.pdf', pdfFixture('pyhanko-signed')],
    ] as const)
      assert.ok(readFileSync(at('in', name)).equals(content), 'the document stays as it is')
  })

  it('names each file that cannot be signed, and signs none, before the signer is asked', async () => {
    await start()
    const files = documents({
      'good.pdf': samplePdf(),
      'secret.pdf': qpdf(['--encrypt', '', 'owner', '256', '--']),
      'text.pdf': Buffer.from('Dear Ada'),
    })
    const { code, out, talk } = await sign([...files, at('in', 'absent.pdf'), at('in'), ...into()])
    assert.equal(code, 1)
    assert.equal(out, '')
    assert.match(talk, /secret\.pdf cannot be signed: The PDF is encrypted/)
    assert.match(talk, /text\.pdf cannot be signed: The file is not a PDF/)
    assert.match(talk, /absent\.pdf cannot be signed: ENOENT/)
    assert.match(talk, /in cannot be signed: It is not a file/)
    assert.match(talk, /Nothing was signed: 4 of 5 files cannot be\. --skip-unfit signs the others\.\n$/)
    assert.deepEqual(methods(), ['auth/login', 'credentials/info', 'auth/revoke'])
    assert.deepEqual(written(), [])
  })

  it('signs the others with --skip-unfit', async () => {
    await start()
    const files = documents({ 'a.pdf': samplePdf(), 'b.pdf': Buffer.from('Dear Ada'), 'c.pdf': samplePdf() })
    const { code, out, talk } = await sign([...files, ...into('--skip-unfit')])
    assert.equal(code, 0, talk)
    assert.match(talk, /b\.pdf cannot be signed/)
    assert.equal(out, `${at('out', 'a.pdf')}\n${at('out', 'c.pdf')}\n`)
    assert.deepEqual(written(), ['a.pdf', 'c.pdf'])
    assertSigned('c.pdf')
  })

  it('asks nobody when no file is left', async () => {
    await start()
    const files = documents({ 'b.pdf': Buffer.from('Dear Ada') })
    const { code, talk } = await sign([...files, ...into('--skip-unfit')])
    assert.equal(code, 1)
    assert.match(talk, /Nothing was signed\.\n$/)
    assert.ok(!methods().includes('credentials/sendOTP'))
  })

  it('names the limit when one authorization does not cover all', async () => {
    await start({ multisign: 2 })
    const files = documents({ 'a.pdf': samplePdf(), 'b.pdf': samplePdf(), 'c.pdf': samplePdf() })
    const { code, talk } = await sign([...files, ...into()])
    assert.equal(code, 1)
    const words = /3 files, but one authorization with this credential covers 2: sign fewer at once\.\n$/
    assert.match(talk, words)
    const skipping = await sign([...files, ...into('--skip-unfit')])
    assert.equal(skipping.code, 1)
    assert.match(skipping.talk, words)
    assert.ok(!methods().includes('credentials/sendOTP'))
    assert.deepEqual(written(), [])
    const [first = '', second = ''] = files
    const two = await sign([first, second, at('in', 'absent.pdf'), ...into('--skip-unfit')])
    assert.equal(two.code, 0, two.talk)
    assert.deepEqual(written(), ['a.pdf', 'b.pdf'])
  })

  it('writes the others whole when one was changed while the signer was asked', async () => {
    await start()
    withoutOtpFolder()
    const files = documents({ 'a.pdf': samplePdf(), 'b.pdf': samplePdf(), 'c.pdf': samplePdf() })
    const { code, out, talk } = await sign([...files, ...into('--otp-stdin')], {
      stdin: '111222\n',
      onTalk: (text) => {
        if (text.startsWith('Fingerprint')) appendFileSync(at('in', 'b.pdf'), '%')
      },
    })
    assert.equal(code, 1)
    assert.match(talk, /b\.pdf was not written: .*b\.pdf was changed while it was being signed/)
    assert.match(talk, /1 of 3 files were not written/)
    assert.equal(out, `${at('out', 'a.pdf')}\n${at('out', 'c.pdf')}\n`)
    assert.deepEqual(written(), ['a.pdf', 'c.pdf'])
    assertSigned('c.pdf')
  })

  it('writes none when a signature is not one of the certificate over the document', async () => {
    await start()
    const files = documents({ 'a.pdf': samplePdf(), 'b.pdf': pdfFixture('jspdf') })
    const wrong = Buffer.alloc(70, 1).toString('base64')
    service.answer('signatures/signHash', { status: 200, body: { signatures: [wrong, wrong] } })
    const { code, talk } = await sign([...files, ...into()])
    assert.equal(code, 1)
    assert.equal(talk.match(/does not belong to the certificate/g)?.length, 2)
    assert.deepEqual(written(), [])
  })

  it('places and shows each where told', async () => {
    await start()
    const files = documents({ 'a.pdf': samplePdf(), 'b.pdf': pdfFixture('pdfkit') })
    const { code, talk } = await sign([...files, ...into('--visible', 'last')])
    assert.equal(code, 0, talk)
    for (const name of ['a.pdf', 'b.pdf'])
      assert.match(readFileSync(at('out', name), 'latin1'), /\(Signed electronically by\) Tj/)
  })

  it('shows it in the rectangle that is given', async () => {
    await start()
    const files = documents({ 'a.pdf': samplePdf() })
    const { code, talk } = await sign([...files, ...into('--visible', '1,100,200.5,150,30')])
    assert.equal(code, 0, talk)
    assert.match(readFileSync(at('out', 'a.pdf'), 'latin1'), /\/Rect \[100 200\.5 250 230\.5\]/)
    assertSigned('a.pdf')
  })

  it('tells of fields that wait when it signs in another', async () => {
    await start()
    const files = documents({ 'form.pdf': pdfFixture('pyhanko-waiting'), 'plain.pdf': samplePdf() })
    const { code, talk } = await sign([...files, ...into()])
    assert.equal(code, 0, talk)
    assert.match(
      talk,
      /form\.pdf has fields that wait for a signature \(--field\): Lender, Borrower, Hidden, Demanding\n/,
    )
    assert.doesNotMatch(talk, /plain\.pdf has fields/)
  })

  it('says nothing that moves the cursor, whatever a document or its name holds', async () => {
    await start()
    const hostile = classicPdf([
      '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] >> >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>',
      '<< /FT /Sig /T (\\033[2JFingerprint: \r\n0000-0000-0000) >>',
    ])
    const files = documents({ 'a\x1b[2J.pdf': hostile })
    const { talk } = await sign([...files, ...into('--field', 'Borrower')])
    assert.match(talk, /a \[2J\.pdf cannot be signed: The PDF has no field "Borrower"/)
    assert.match(talk, /Waiting for a signature: {2}\[2JFingerprint: +0000-0000-0000/)
    assert.doesNotMatch(talk.replaceAll('\n', ''), /\p{C}/u)
    assert.doesNotMatch(talk, /^Fingerprint/m)
  })

  it('signs in the field that is named', async () => {
    await start()
    const [file = ''] = documents({ 'form.pdf': pdfFixture('pyhanko-waiting') })
    const { code, talk } = await sign([file, ...into('--field', 'Borrower')])
    assert.equal(code, 0, talk)
    assert.match(talk, /Signed: Borrower, /)
    assertSigned('form.pdf')
  })

  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    [
      'one file without a place for it',
      ['a.pdf'],
      /Give in\.pdf and out\.pdf, or any number of files and --out-dir/,
    ],
    ['three files without a folder', ['a.pdf', 'b.pdf', 'c.pdf'], /Give in\.pdf and out\.pdf/],
    ['no file', [], /missing required argument/],
    [
      'two that would become one',
      ['in/a.pdf', 'x/a.pdf', '--out-dir', 'out'],
      /would both become .*out\/a\.pdf/,
    ],
    ['the document as its output', ['in/a.pdf', '--out-dir', 'in', '--force'], /is the document itself/],
    ['a folder as its output', ['in/a.pdf', 'in', '--force'], /in is there and is no file/],
    ['no such place', ['a.pdf', 'b.pdf', '--visible', '1,2,3'], /page,x,y,width,height/],
    ['a place of no size', ['a.pdf', 'b.pdf', '--visible', '1,2,3,0,4'], /above 0/],
    ['a place of no number', ['a.pdf', 'b.pdf', '--visible', '1,2,3,1.2.3,4'], /above 0/],
    ['a place and a field', ['a.pdf', 'b.pdf', '--visible', '1', '--field', 'x'], /cannot be used with/],
    ['a detached signature in a field', ['a.pdf', '--detached', '--field', 'x'], /cannot be used with/],
    ['a detached signature to be seen', ['a.pdf', '--detached', '--visible', '1'], /cannot be used with/],
  ]
  for (const [what, words, expected] of WRONG)
    it(`ends with 2 for ${what}, and asks nothing of the service`, async () => {
      await start()
      documents({ 'a.pdf': samplePdf() })
      const { code, talk } = await sign(
        words.map((word) => (/^(?:in|x|out)(?:\/|$)/.test(word) ? at(word) : word)),
      )
      assert.equal(code, 2, talk)
      assert.match(talk, expected)
      assert.deepEqual(methods(), [])
      assert.ok(readFileSync(at('in', 'a.pdf')).subarray(0, 5).equals(Buffer.from('%PDF-')))
    })

  it('looks whether the folder can be written to before the signer is asked', async () => {
    await start()
    const { code, talk } = await sign([...documents({ 'a.pdf': samplePdf() }), at('nowhere', 'out.pdf')])
    assert.equal(code, 1)
    assert.match(talk, /nowhere cannot be written to\.\n$/)
    assert.deepEqual(methods(), [])
  })
})
