import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { fingerprint } from '../../../sap/fingerprint.ts'
import { checkWithOpenssl, checkWithTools, signaturesIn } from '../../support/checkSignedPdf.ts'
import { runCommand, type CommandOutcome } from '../../support/runCommand.ts'
import { qpdf } from '../../support/samplePdf.ts'
import { CREDENTIAL_ID, OTP } from '../../support/scriptedAnswers.ts'
import {
  PASSWORD,
  PIN,
  scriptedCsc,
  type ScriptedCsc,
  type ScriptedOptions,
} from '../../support/scriptedCsc.ts'

describe('chancery sign', () => {
  let service: ScriptedCsc
  const start = async (options: ScriptedOptions = {}): Promise<void> => {
    service = await scriptedCsc(options)
    writeFileSync(inFolder('in.pdf'), samplePdf())
  }
  afterEach(() => service.close())
  const inFolder = (name: string): string => join(service.folder, name)

  const sign = (
    args: readonly string[] = [],
    options: Parameters<typeof runCommand>[1] = {},
  ): Promise<CommandOutcome> => {
    const files = [inFolder('in.pdf'), inFolder('out.pdf')]
    return runCommand(['sign', ...files, '--connection', service.connectionFile, ...args], options)
  }
  const methods = (): readonly string[] => service.seen.map(({ method }) => method)
  const bodyOf = (method: string): Readonly<Record<string, unknown>> | undefined =>
    service.seen.find((request) => request.method === method)?.body
  const temporaryFiles = (): readonly string[] =>
    readdirSync(service.folder).filter((name) => name.startsWith('.'))
  const assertNothingWritten = (): void => {
    assert.deepEqual(
      readdirSync(service.folder).filter((name) => name.includes('out.pdf')),
      [],
    )
  }
  const assertSigned = (): void => {
    const pdf = readFileSync(inFolder('out.pdf'))
    const [signature] = signaturesIn(pdf)
    assert.ok(signature?.coversWholeFile)
    checkWithOpenssl(signature, service.signer.chain[1])
    checkWithTools(pdf, 1)
  }

  const WAYS: readonly (readonly [string, ScriptedOptions, readonly string[]])[] = [
    ['v1, P-256', { keyType: 'p-256' }, []],
    ['v2, P-256', { keyType: 'p-256' }, ['--api', 'v2']],
    ['v1, P-384, mutual TLS', { keyType: 'p-384' }, ['--mutual-tls']],
    ['v2, RSA, mutual TLS', { keyType: 'rsa-3072' }, ['--api', 'v2', '--mutual-tls']],
    ['v1, RSA-PSS with SHA-512', { keyType: 'rsa-3072' }, ['--scheme', 'pss', '--digest', 'sha512']],
    ['v1, TOTP', { factors: ['totp', 'pin'] }, []],
    ['v2, PIN alone', { factors: ['pin'] }, ['--api', 'v2']],
  ]
  for (const [way, options, args] of WAYS)
    it(`makes a valid signature: ${way}`, async () => {
      await start(options)
      const { code, out, talk } = await sign(args)
      assert.equal(code, 0, talk)
      assert.equal(out, `${inFolder('out.pdf')}\n`)
      assertSigned()
    })

  it('shows the fingerprint of the very list before the OTP is sent, and what the message says', async () => {
    await start()
    const { talk } = await sign(['--label', 'The lease'])
    const sent = bodyOf('credentials/sendOTP')
    const hash = bodyOf('signatures/signHash')?.['hash']
    assert.deepEqual(sent?.['hash'], hash)
    assert.ok(Array.isArray(hash) && typeof hash[0] === 'string' && typeof sent?.['nonce'] === 'string')
    const shown = fingerprint({
      nonce: Buffer.from(sent['nonce'], 'base64'),
      credentialId: CREDENTIAL_ID,
      hashAlgorithm: '2.16.840.1.101.3.4.2.1',
      hashes: [Buffer.from(hash[0], 'base64')],
    })
    assert.ok(talk.includes(`Fingerprint: ${shown}\n`), talk)
    assert.ok(talk.indexOf(shown) < talk.indexOf('The message to the signer says'), talk)
    assert.match(talk, /To sign The lease/)
    assert.doesNotMatch(talk, /something else/)
  })

  it('speaks of a message only where one is sent', async () => {
    await start({ factors: ['totp', 'pin'] })
    const { talk } = await sign()
    assert.match(talk, /Fingerprint: /)
    assert.doesNotMatch(talk, /message/)
  })

  it('asks for nothing before the fingerprint, authorizes once, signs once, and revokes', async () => {
    await start()
    await sign()
    const order = ['auth/login', 'credentials/info', 'credentials/sendOTP', 'credentials/authorize']
    assert.deepEqual(methods(), [...order, 'signatures/signHash', 'auth/revoke'])
    assert.deepEqual(
      [bodyOf('credentials/authorize')?.['OTP'], bodyOf('credentials/authorize')?.['PIN']],
      [OTP, PIN],
    )
  })

  it('says no password, PIN, OTP or token', async () => {
    await start()
    const { out, talk } = await sign()
    for (const secret of [PASSWORD, PIN, OTP, 'token-1', 'sad-1'])
      assert.ok(!(out + talk).includes(secret), secret)
  })

  it('takes the OTP from standard input or a file in place of the folder', async () => {
    await start()
    assert.equal((await sign(['--otp-stdin'], { stdin: '111222\n' })).code, 0)
    assert.equal(bodyOf('credentials/authorize')?.['OTP'], '111222')
    writeFileSync(inFolder('otp'), '333444\n')
    assert.equal((await sign(['--force', '--otp-file', inFolder('otp')])).code, 0)
    assert.equal(
      service.seen.findLast(({ method }) => method === 'credentials/authorize')?.body['OTP'],
      '333444',
    )
  })

  it('takes the PIN from the file that is named, without its line feed', async () => {
    await start()
    writeFileSync(inFolder('other-pin'), '5555\n', { mode: 0o600 })
    await sign(['--pin-file', inFolder('other-pin')])
    assert.equal(bodyOf('credentials/authorize')?.['PIN'], '5555')
  })

  it('refuses a PIN file that others may read, and sends nothing of it', async () => {
    await start()
    chmodSync(inFolder('pin'), 0o644)
    const { code, talk } = await sign()
    assert.equal(code, 1)
    assert.match(talk, /pin may be read by others: set its mode to 0600/)
    assert.ok(!methods().includes('credentials/authorize'))
    assertNothingWritten()
  })

  it('replaces what was at the place of the output only when it is told to', async () => {
    await start()
    writeFileSync(inFolder('out.pdf'), 'older')
    const { code, talk } = await sign()
    assert.equal(code, 2)
    assert.match(talk, /out\.pdf exists already: --force replaces it/)
    assert.deepEqual(methods(), [])
    assert.equal(readFileSync(inFolder('out.pdf'), 'utf8'), 'older')
    assert.equal((await sign(['--force'])).code, 0)
    assertSigned()
  })

  it('replaces nothing that came while the signer was asked', async () => {
    await start()
    const { signer } = service.connection
    const factors = { ...signer.factors, otp: undefined }
    writeFileSync(
      service.connectionFile,
      JSON.stringify({ ...service.connection, signer: { ...signer, factors } }),
    )
    const { code, talk } = await sign(['--otp-stdin'], {
      stdin: '111222\n',
      onTalk: (text) => {
        if (text.startsWith('Fingerprint')) writeFileSync(inFolder('out.pdf'), 'newer')
      },
    })
    assert.equal(code, 1)
    assert.match(talk, /was not written: .*out\.pdf exists already/)
    assert.equal(readFileSync(inFolder('out.pdf'), 'utf8'), 'newer')
    assert.deepEqual(temporaryFiles(), [])
  })

  it('shows the fingerprint before it asks the service for an OTP', async () => {
    await start()
    service.answer('credentials/sendOTP', { status: 400, body: { error: 'invalid_request' } })
    const { code, talk } = await sign()
    assert.equal(code, 1)
    assert.match(talk, /Fingerprint: [0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\n/)
  })

  const DENIED: readonly (readonly [string, string, { error: string; error_description: string }])[] = [
    ['the password', 'auth/login', { error: 'authentication_error', error_description: 'An error occurred' }],
    ['the OTP', 'credentials/authorize', { error: 'invalid_otp', error_description: 'The OTP is invalid' }],
    ['the PIN', 'credentials/authorize', { error: 'invalid_pin', error_description: 'The PIN is invalid' }],
    ['a locked OTP', 'credentials/sendOTP', { error: 'invalid_request', error_description: 'OTP locked' }],
    ['the user', 'credentials/authorize', { error: 'access_denied', error_description: 'The user denied' }],
  ]
  for (const [what, method, body] of DENIED)
    it(`ends with 4 and the request id when the service denies: ${what}`, async () => {
      await start()
      service.answer(method, { status: 400, body })
      const { code, talk } = await sign()
      assert.equal(code, 4, talk)
      assert.ok(talk.includes(body.error_description))
      assert.match(talk, /Request id: request-0001\n$/)
      assertNothingWritten()
    })

  it('ends with 1 when the service fails, and revokes its token', async () => {
    await start()
    service.answer('signatures/signHash', { status: 500, body: { error: 'server_error' } })
    assert.equal((await sign()).code, 1)
    assert.equal(methods().at(-1), 'auth/revoke')
    assertNothingWritten()
  })

  it('writes nothing when the signature is not one of the certificate over the document', async () => {
    await start()
    service.answer('signatures/signHash', {
      status: 200,
      body: { signatures: [Buffer.alloc(70, 1).toString('base64')] },
    })
    const { code, talk } = await sign()
    assert.equal(code, 1)
    assert.match(talk, /does not belong to the certificate/)
    assertNothingWritten()
  })

  it('asks for no signature for a PDF that it cannot sign', async () => {
    await start()
    writeFileSync(inFolder('in.pdf'), qpdf(['--encrypt', '', 'owner', '256', '--']))
    const { code, talk } = await sign()
    assert.equal(code, 1)
    assert.match(talk, /The PDF is encrypted/)
    assert.deepEqual(methods(), ['auth/login', 'credentials/info', 'auth/revoke'])
    assertNothingWritten()
  })

  it('asks at no terminal where there is none', async () => {
    await start()
    const { signer } = service.connection
    const factors = { ...signer.factors, otp: undefined }
    writeFileSync(
      service.connectionFile,
      JSON.stringify({ ...service.connection, signer: { ...signer, factors } }),
    )
    const { code, talk } = await sign()
    assert.equal(code, 1)
    assert.match(talk, /no terminal to ask for the OTP/)
  })

  const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['an API that does not exist', ['--api', 'v3'], /Allowed choices are v1, v2/],
    ['a digest that is not offered', ['--digest', 'sha1'], /Allowed choices are sha256/],
    ['two sources for the OTP', ['--otp-stdin', '--otp-file', 'x'], /cannot be used with/],
    ['a scheme for another key', ['--scheme', 'pss'], /not one for rsa-pss/],
    ['an option that does not exist', ['--pin', '1234'], /unknown option/],
  ]
  for (const [what, args, words] of WRONG)
    it(`ends with 2 for ${what}`, async () => {
      await start()
      const { code, talk } = await sign(args)
      assert.equal(code, 2, talk)
      assert.match(talk, words)
      assert.ok(!existsSync(inFolder('out.pdf')))
    })

  it('names file and member of a connection that is malformed', async () => {
    await start()
    const { csc: _, ...rest } = service.connection
    writeFileSync(service.connectionFile, JSON.stringify(rest))
    const { code, talk } = await sign()
    assert.equal(code, 1)
    assert.match(talk, /connection\.json: csc: /)
  })
})
