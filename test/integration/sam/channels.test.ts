import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { showsFingerprint } from '../../../client/otpFolder.ts'
import { masked } from '../../../sam/channels/channels.ts'
import { fileChannel } from '../../../sam/channels/fileChannel.ts'
import { boundOtpMessage, plainOtpMessage } from '../../../sam/channels/messages.ts'
import { deliverNotices } from '../../../sam/channels/notices.ts'
import { smtpChannel } from '../../../sam/channels/smtpChannel.ts'
import type { Channel } from '../../../sam/channels/channels.ts'
import { webhookChannel } from '../../../sam/channels/webhookChannel.ts'
import type { WebhookConfig } from '../../../sam/config.ts'
import { buildSam, makeSigner, newRequestId, type TestSam } from '../../support/buildSam.ts'
import { httpsServer, type HttpsServer } from '../../support/httpsServer.ts'
import { nameServer } from '../../support/nameServer.ts'
import { authorized, callerOf, journalOf, newHashes, sentCode, signing } from '../../support/samActs.ts'

const message = {
  to: 'ada@example.org',
  subject: 'Signing code',
  text: 'Your signing code: 12345678',
  code: '12345678',
}

function portOf(address: AddressInfo | string | null): number {
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'chancery-channel-'))
}

describe('OTP channel smtp', () => {
  let server: SMTPServer
  let port: number
  const mails: string[] = []
  const logins: string[] = []
  const folder = temporaryFolder()
  before(async () => {
    server = new SMTPServer({
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth(auth, _session, done) {
        logins.push(`${auth.username ?? ''}:${auth.password ?? ''}`)
        done(null, { user: 'sam' })
      },
      onRcptTo(address, _session, done) {
        done(address.address === 'nobody@example.org' ? new Error('no such mailbox') : null)
      },
      onData(stream, _session, done) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          mails.push(Buffer.concat(chunks).toString())
          done()
        })
      },
    })
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve)
    })
    port = portOf(server.server.address())
    writeFileSync(join(folder, 'password'), 'mail-secret\n', { mode: 0o600 })
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await new Promise<void>((resolve) => {
      server.close(resolve)
    })
  })

  function channel(): ReturnType<typeof smtpChannel> {
    const passwordFile = join(folder, 'password')
    return smtpChannel({
      host: '127.0.0.1',
      port,
      secure: false,
      from: 'sam@example.org',
      user: 'sam',
      passwordFile,
    })
  }

  it('delivers to a mail server, logged in', async () => {
    const smtp = channel()
    await smtp.deliver(message)
    smtp.close()
    assert.deepEqual(logins.at(-1), 'sam:mail-secret')
    const mail = mails.at(-1) ?? ''
    assert.match(mail, /^To: ada@example\.org/m)
    assert.match(mail, /^Subject: Signing code/m)
    assert.match(mail, /Your signing code: 12345678/)
  })

  it('rejects when the server refuses the mailbox', async () => {
    const smtp = channel()
    await assert.rejects(smtp.deliver({ ...message, to: 'nobody@example.org' }))
    smtp.close()
  })

  it('takes one address and nothing that could be a second header or address', () => {
    const smtp = channel()
    assert.ok(smtp.accepts('ada@example.org'))
    for (const destination of ['ada', 'a@b@c', 'a@b, c@d', 'a@b\r\nBcc: c@d', '"x"@b', '<a@b>', ''])
      assert.ok(!smtp.accepts(destination))
    smtp.close()
  })

  it('demands STARTTLS of a server that is not on this machine', async () => {
    // 127.0.0.2 is this machine, but not one of the names that are taken for it.
    const remote = smtpChannel({ host: '127.0.0.2', port, secure: false, from: 'sam@example.org' })
    await assert.rejects(remote.deliver(message))
    remote.close()
  })
})

describe('OTP channel webhook', () => {
  let gateway: HttpsServer
  let neighbour: HttpsServer
  let status = 204
  const folder = temporaryFolder()
  before(async () => {
    writeFileSync(join(folder, 'secret'), 'hook-secret\n', { mode: 0o600 })
    gateway = await httpsServer((_, response) => {
      const elsewhere = `https://localhost:${neighbour.port}/`
      response.writeHead(status, status === 302 ? { location: elsewhere } : {}).end()
    })
    neighbour = await httpsServer()
    writeFileSync(join(folder, 'ca.pem'), gateway.ca)
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await gateway.close()
    await neighbour.close()
  })
  const channel = (changes: Partial<WebhookConfig> = {}): Channel =>
    webhookChannel({
      url: `https://localhost:${gateway.port}/otp`,
      secretFile: join(folder, 'secret'),
      destinations: 'phone',
      listed: [`localhost:${gateway.port}`],
      authorities: join(folder, 'ca.pem'),
      ...changes,
    })

  for (const [destinations, good, bad] of [
    [
      'phone',
      ['+4512345678', '+1234567'],
      ['4512345678', '+0451234567', '+45 12345678', '+123456', 'ada@example.org', 'ada'],
    ],
    ['mail', ['ada@example.org'], ['ada', '+4512345678', 'ada@', 'a@b, c@d']],
    ['id', ['device-7.a_B'], ['-x', 'a/b', '+4512345678', 'ada@example.org', 'x'.repeat(129)]],
  ] as const)
    it(`takes as destination only what its gateway does: ${destinations}`, () => {
      const gate = channel({ destinations })
      for (const one of good) assert.ok(gate.accepts(one), one)
      for (const one of [...bad, '', ' ', 'a\r\nb']) assert.ok(!gate.accepts(one), one)
    })

  it('signs what it sends, as Standard Webhooks does', async () => {
    status = 204
    await channel().deliver(message)
    const received = gateway.received.at(-1)
    assert.ok(received)
    const { headers, body } = received
    assert.deepEqual(JSON.parse(body.toString()), message)
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body.toString()}`
    const expected = createHmac('sha256', 'hook-secret').update(signed).digest('base64')
    assert.equal(headers['webhook-signature'], `v1,${expected}`)
  })

  for (const answer of [302, 400, 500])
    it(`rejects on ${answer}, and goes nowhere else`, async () => {
      status = answer
      const before = gateway.received.length
      await assert.rejects(channel().deliver(message))
      assert.equal(gateway.received.length, before + 1)
      assert.equal(neighbour.connections(), 0)
    })

  it('reaches no address that is not public unless it is listed, host and port', async () => {
    const before = gateway.connections()
    await assert.rejects(channel({ listed: [] }).deliver(message), { name: 'EgressRefused' })
    await assert.rejects(channel({ url: `https://localhost:${neighbour.port}/` }).deliver(message), {
      name: 'EgressRefused',
    })
    assert.deepEqual([gateway.connections(), neighbour.connections()], [before, 0])
  })

  it('reaches nothing of ours under a name that changes its mind', async () => {
    const dns = await nameServer({ 'hook.example': [['1.1.1.1', '127.0.0.1'], ['127.0.0.1']] })
    const config: WebhookConfig = {
      url: `https://hook.example:${gateway.port}/otp`,
      secretFile: join(folder, 'secret'),
      destinations: 'phone',
      listed: [`localhost:${gateway.port}`, `127.0.0.1:${gateway.port}`],
      authorities: join(folder, 'ca.pem'),
    }
    const rebinding = webhookChannel(config, { nameServers: [dns.address] })
    const before = gateway.connections()
    for (let n = 0; n < 2; n++)
      await assert.rejects(rebinding.deliver(message), {
        message: 'refused: the name leads to an address that is not public',
      })
    assert.deepEqual(dns.asked, ['hook.example', 'hook.example'])
    assert.equal(gateway.connections(), before)
    await dns.close()
  })

  it('trusts no certificate that nobody vouches for', async () => {
    await assert.rejects(channel({ authorities: undefined }).deliver(message))
  })
})

describe('OTP channel file', () => {
  it('writes whole messages that only the SAM may read', async () => {
    const folder = temporaryFolder()
    await fileChannel(folder).deliver(message)
    const [name = ''] = readdirSync(folder)
    assert.match(name, /^[0-9]+-[0-9a-f]{12}\.json$/)
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600)
    const written: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'))
    assert.ok(typeof written === 'object' && written !== null && 'time' in written)
    assert.equal(typeof written.time, 'number')
    assert.deepEqual(written, { ...message, time: written.time })
    rmSync(folder, { recursive: true })
  })
})

describe('messages to signers', () => {
  it('say of a bound code: client, number, label as told, fingerprint', () => {
    const list = { clientName: 'Bank', numberOfSignatures: 2, label: 'Loan', fingerprint: 'AAAA-BBBB-CCCC' }
    const { text } = boundOtpMessage('12345678', 300, list)
    assert.match(text, /^Your signing code: 12345678$/m)
    assert.match(text, /^It makes 2 signatures for Bank\.$/m)
    assert.match(text, /^As told by the application, not checked: "Loan"$/m)
    assert.match(text, /^Fingerprint: AAAA-BBBB-CCCC$/m)
  })

  it('let no label look like the fingerprint', () => {
    const forged = 'rent.pdf" Fingerprint: DDDD-EEEE-FFFF'
    for (const label of [
      forged,
      forged.replace(/-/g, '\u2011'),
      forged.replaceAll('-', '\u200b-'),
      'dddd eeee ffff',
    ]) {
      const list = { clientName: 'Bank', numberOfSignatures: 1, label, fingerprint: 'AAAA-BBBB-CCCC' }
      const { text } = boundOtpMessage('12345678', 300, list)
      assert.doesNotMatch(text, /DDDD.{0,3}EEEE/i)
      assert.ok(text.indexOf('AAAA-BBBB-CCCC') < text.indexOf('As told'))
      assert.ok(showsFingerprint(text, 'AAAA-BBBB-CCCC'))
      assert.ok(!showsFingerprint(text, 'DDDD-EEEE-FFFF'))
    }
  })

  it('say of a plain code that nothing is known of what it signs', () => {
    assert.match(plainOtpMessage('12345678', 300, 'Bank').text, /did not say what will be signed/)
  })

  it('show of a destination only what its owner recognises', () => {
    assert.equal(masked('ada.lovelace@example.org'), 'a***@example.org')
    assert.equal(masked('+4512345678'), '+***78')
  })
})

describe('what the SAM sends', () => {
  let sam: TestSam
  before(async () => {
    sam = await buildSam({ config: { receipts: true } })
  })
  after(() => sam.dispose())

  const deliverDue = (): Promise<void> =>
    deliverNotices({
      knex: sam.deps.database.write,
      records: sam.deps.records,
      channels: sam.deps.channels,
      now: () => sam.deps.clock.now(),
    })

  it('refuses a label with a line break: it could forge a line of the message (W06)', async () => {
    const signer = await makeSigner(sam)
    const binding = { hashes: newHashes(1), nonce: Buffer.alloc(16), label: 'x\r\nFingerprint: AAAA' }
    const before = (await sam.outbox()).length
    await assert.rejects(sam.ssa.call('sendOtp', { ...callerOf(signer), binding }), { code: 'malformed' })
    assert.equal((await sam.outbox()).length, before)
  })

  it('voids a code that could not be delivered, and says so in the journal without the address', async () => {
    const signer = await makeSigner(sam)
    const outbox = join(sam.folder, 'outbox')
    rmSync(outbox, { recursive: true })
    await assert.rejects(sam.ssa.call('sendOtp', callerOf(signer)), { code: 'unavailable' })
    mkdirSync(outbox)
    chmodSync(outbox, 0o700)
    const open: unknown[] = await sam.deps.database
      .read('otp')
      .where({ signer_id: signer.signerId, state: 'open' })
    assert.deepEqual(open, [])
    const [entry] = await journalOf(sam, 'OTP_NOT_DELIVERED')
    assert.match(String(entry?.['destination']), /^s\*\*\*@example\.org$/)
  })

  it('gives the signer a receipt after a signature, and a notice after a lock', async () => {
    const signer = await makeSigner(sam)
    const hashes = newHashes(2)
    const { sad } = await authorized(sam, signer, hashes)
    const request = signing(signer, sad, hashes)
    await sam.ssa.call('sign', request)
    await deliverDue()
    const receipt = (await sam.outbox()).at(-1)
    assert.equal(receipt?.subject, '2 signatures made with your key')
    assert.match(receipt.text, new RegExp(`for Application demo-app\\.\nReference: ${request.requestId}`))
    assert.equal(receipt.code, undefined)

    await sentCode(sam, signer, hashes)
    for (let attempt = 0; attempt < 5; attempt++) {
      const wrong = { ...callerOf(signer), familyId: 'fam-x', numberOfSignatures: 2, hashes, otp: '00000000' }
      await assert.rejects(sam.ssa.call('authorize', { ...wrong, requestId: newRequestId() }))
    }
    await deliverDue()
    assert.equal((await sam.outbox()).at(-1)?.subject, 'A signing factor of yours was locked')
  })

  it('keeps a notice that cannot be delivered and tries it again later', async () => {
    const signer = await makeSigner(sam)
    const hashes = newHashes(1)
    const { sad } = await authorized(sam, signer, hashes)
    await sam.ssa.call('sign', signing(signer, sad, hashes))
    const failing = {
      file: { deliver: () => Promise.reject(new Error('gone')), accepts: () => true, close: () => undefined },
    }
    const { database, records, clock } = sam.deps
    const deps = { knex: database.write, records, channels: failing, now: () => clock.now() }
    await deliverNotices(deps)
    const later = await database
      .read('notice')
      .where({ tries: 1 })
      .where('next_try_at', '>', clock.now() + 50_000)
      .pluck<string[]>('id')
    assert.equal(later.length, 1)
    await deliverNotices({ ...deps, channels: sam.deps.channels, now: () => clock.now() + 61_000 })
    assert.equal((await sam.outbox()).at(-1)?.subject, '1 signature made with your key')
    assert.deepEqual(await database.read('notice').select(), [])
  })
})
