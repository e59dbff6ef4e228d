import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { PdfDocument } from '../../../ades/pdf/pdfDocument.ts'
import { samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { signatureRevision, withContents } from '../../../ades/pdf/signatureRevision.ts'
import { memberOf, textIn } from '../../support/bodyOf.ts'
import type { Answer } from '../../support/buildSsa.ts'
import { digestEntry, documentEntry, sha256 } from '../../support/documentEntries.ts'
import { pssParameters } from '../../support/pssParameters.ts'
import { eventsOf } from '../../support/samActs.ts'
import { scratchFolder } from '../../support/scratchFolder.ts'
import {
  anotherCredential,
  call,
  makeAccount,
  sadFor,
  type Account,
  type Service,
} from '../../support/service.ts'
import { buildSignDocSite, lateSad, membersIn, signDoc, type SignDocSite } from '../../support/signDocSite.ts'
import { pemOf } from '../../support/testPki.ts'

const run = promisify(execFile)
const SHA256 = '2.16.840.1.101.3.4.2.1'

describe('signatures/signDoc — CSC API v2.0.0.2 §11.11', function () {
  this.timeout(60_000)
  let site: SignDocSite
  let service: Service
  let account: Account
  let late: Account

  before(async () => {
    site = await buildSignDocSite()
    ;({ service, account, late } = site)
  })
  after(() => service.dispose())

  /** OpenSSL's judgement of a CMS, with the content beside it or inside. */
  const opensslTakes = async (cms: Buffer, content?: Buffer): Promise<boolean> => {
    const folder = scratchFolder('cms')
    const file = async (name: string, bytes: Buffer | string): Promise<string> => {
      await writeFile(join(folder, name), bytes)
      return join(folder, name)
    }
    const beside = content === undefined ? [] : ['-content', await file('content', content)]
    const ca = await file('ca.pem', pemOf(service.sam.issuer.certificate))
    const input = await file('cms.der', cms)
    const options = ['-verify', '-cades', '-binary', '-purpose', 'any', '-CAfile', ca, '-inform', 'DER']
    try {
      await run('openssl', ['cms', ...options, '-in', input, ...beside, '-out', join(folder, 'out')])
      return true
    } catch {
      return false
    }
  }

  it('makes detached CAdES signatures from digests, in order, which OpenSSL verifies', async () => {
    const texts = [Buffer.from('one'), Buffer.from('two')]
    const hashes = texts.map(sha256)
    const SAD = await sadFor(service, account, hashes)
    const answer = await signDoc(service, account, SAD, digestEntry([...hashes].reverse()))
    const [second, first] = membersIn(answer, 'SignatureObject')
    assert.ok(first && second)
    assert.equal(await opensslTakes(first, texts[0]), true)
    assert.equal(await opensslTakes(second, texts[1]), true)
    assert.equal(await opensslTakes(second, texts[0]), false)
    const types = (await eventsOf(service.sam, answer.requestId)).map((entry) => entry['type'])
    assert.deepEqual(types, ['SIGNING', 'SIGNED'])
    const own = (await service.ssa.journal(answer.requestId)).map((event) => memberOf(event, 'type'))
    assert.deepEqual(own, ['sign-requested', 'sign-completed'])
  })

  it('spends the digest: the same SAD signs no document twice', async () => {
    const hashes = [sha256(Buffer.from('once'))]
    const SAD = await sadFor(service, account, hashes)
    membersIn(await signDoc(service, account, SAD, digestEntry(hashes)), 'SignatureObject')
    const again = await signDoc(service, account, SAD, digestEntry(hashes))
    assert.equal(memberOf(again.body, 'error_description'), 'Invalid parameter SAD')
  })

  it('takes a document for CAdES: inside its signature by default, beside it when asked', async () => {
    const text = Buffer.from('the content itself')
    const SAD = await sadFor(service, account, [sha256(text)])
    const attached = await signDoc(service, account, SAD, documentEntry(text))
    const [inside] = membersIn(attached, 'DocumentWithSignature')
    assert.ok(inside)
    assert.ok(inside.includes(text))
    assert.equal(await opensslTakes(inside), true)
    const other = await sadFor(service, account, [sha256(text)])
    const detached = documentEntry(text, { signed_envelope_property: 'Detached' })
    const [beside] = membersIn(await signDoc(service, account, other, detached), 'SignatureObject')
    assert.ok(beside && !beside.includes(text))
    assert.equal(await opensslTakes(beside, text), true)
  })

  for (const [keyType, form] of [
    ['rsa-3072', { signAlgo: '1.2.840.113549.1.1.11' }],
    ['rsa-3072', { signAlgo: '1.2.840.113549.1.1.1', hashAlgorithmOID: SHA256 }],
    [
      'rsa-3072',
      { signAlgo: '1.2.840.113549.1.1.10', signAlgoParams: pssParameters('sha256', 32).toString('base64') },
    ],
  ] as const)
    it(`signs with ${keyType} and ${form.signAlgo}`, async () => {
      const holder = await anotherCredential(service, account, { keyType })
      const text = Buffer.from('with RSA')
      const SAD = await sadFor(service, holder, [sha256(text)])
      const [cms] = membersIn(
        await signDoc(service, holder, SAD, digestEntry([sha256(text)], form)),
        'SignatureObject',
      )
      assert.ok(cms)
      assert.equal(await opensslTakes(cms, text), true)
    })

  it('takes the hash algorithm of the request where an entry names none, else that of the entry (v2.1)', async () => {
    const holder = await anotherCredential(service, account, { keyType: 'rsa-3072' })
    const text = Buffer.from('with a hash algorithm beside the entries')
    const signAlgo = '1.2.840.113549.1.1.1'
    for (const [ofEntry, ofRequest] of [
      [undefined, SHA256],
      [SHA256, '2.16.840.1.101.3.4.2.2'],
    ]) {
      const entry = digestEntry([sha256(text)], { signAlgo, hashAlgorithmOID: ofEntry })
      const SAD = await sadFor(service, holder, [sha256(text)])
      const answer = await signDoc(service, holder, SAD, { ...entry, hashAlgorithmOID: ofRequest })
      const [cms] = membersIn(answer, 'SignatureObject')
      assert.ok(cms)
      assert.equal(await opensslTakes(cms, text), true)
    }
  })

  it('makes the CMS of a PDF that the client prepared, from its digest (PAdES)', async () => {
    const pdf = samplePdf()
    const revision = signatureRevision({
      document: new PdfDocument(pdf),
      time: new Date(),
      contentsLength: 8000,
      digest: 'sha256',
      signerName: 'Ada',
    })
    const SAD = await sadFor(service, account, [revision.digest])
    const entry = digestEntry([revision.digest], {
      signature_format: 'P',
      signed_envelope_property: 'Revision',
    })
    const [cms] = membersIn(await signDoc(service, account, SAD, entry), 'SignatureObject')
    assert.ok(cms)
    // EN 319 142-1 §6.3: no signing-time.
    assert.ok(!cms.includes(Buffer.from('2a864886f70d010905', 'hex')))
    await assertSigned(Buffer.concat([pdf, withContents(revision, cms)]))
  })

  it('signs a PDF itself where the SAD names no hashes (PAdES)', async () => {
    const pdf = samplePdf()
    const answer = await signDoc(
      service,
      late,
      await lateSad(site),
      documentEntry(pdf, { signature_format: 'P' }),
    )
    const [signed] = membersIn(answer, 'DocumentWithSignature')
    assert.ok(signed)
    assert.ok(signed.subarray(0, pdf.length).equals(pdf), 'the original is untouched')
    await assertSigned(signed)
  })

  it('signs it in mode A as well', async () => {
    const entry = documentEntry(samplePdf(), { signature_format: 'P' })
    const accepted = await signDoc(service, late, await lateSad(site), { ...entry, operationMode: 'A' })
    const requestID = textIn(accepted.body, 'responseID')
    let answer = await call(service, late, 'v2 signatures/signPolling', { requestID })
    while (answer.status === 202) {
      await sleep(50)
      answer = await call(service, late, 'v2 signatures/signPolling', { requestID })
    }
    const [signed] = membersIn(answer, 'DocumentWithSignature')
    assert.ok(signed)
    await assertSigned(signed)
  })

  it('takes documents of some megabytes, but no more than configured, and only from who has a token', async () => {
    const big = Buffer.alloc(6 * 1024 * 1024, 'x')
    const SAD = await sadFor(service, account, [sha256(big)])
    const detached = documentEntry(big, { signed_envelope_property: 'Detached' })
    const [cms] = membersIn(await signDoc(service, account, SAD, detached), 'SignatureObject')
    assert.ok(cms)
    assert.equal(await opensslTakes(cms, big), true)
    const over = await signDoc(service, account, SAD, documentEntry(Buffer.alloc(13 * 1024 * 1024)))
    assert.equal(over.status, 413)
    const body = { credentialID: 'x', SAD: 'x', ...detached }
    const stranger = await service.ssa.post('v2', 'signatures/signDoc', body, { token: 'x'.repeat(43) })
    assert.equal(stranger.status, 401)
    assert.equal(stranger.headers['connection'], 'close')
  })

  it('serves four requests with documents of one user at a time, eight in all, and refuses more unread', async () => {
    const others = [await makeAccount(service), await makeAccount(service)]
    const text = JSON.stringify({ credentialID: 'x', SAD: 'x', ...documentEntry(Buffer.alloc(64)) })
    const attempt = (holder: Account): Promise<Answer> =>
      signDoc(service, holder, 'x', documentEntry(Buffer.alloc(64)))
    const holding = (holder: Account | undefined): ReturnType<typeof fourHeld> =>
      fourHeld(service, holder ?? account, text)
    const first = await holding(account)
    const refused = await attempt(account)
    assert.equal(refused.status, 503)
    assert.equal(refused.headers['connection'], 'close')
    assert.equal((await attempt(others[0] ?? account)).status, 400)
    const second = await holding(others[0])
    assert.equal((await attempt(others[1] ?? account)).status, 503)
    for (const { finish } of [...first, ...second]) assert.equal(await finish(), 400)
    assert.equal((await attempt(account)).status, 400)
  })

  it('says what it offers', async () => {
    const { body } = await service.ssa.post('v2', 'info', {})
    assert.deepEqual(memberOf(body, 'conformance_levels'), ['AdES-B-B'])
    assert.deepEqual(memberOf(body, 'signature_formats'), {
      formats: ['C', 'P'],
      envelope_properties: [['Attached', 'Detached'], ['Revision']],
    })
  })

  /** pdfsig, of Poppler: the signature is valid, over the whole file, and of this signer. */
  async function assertSigned(pdf: Buffer): Promise<void> {
    const file = join(scratchFolder('signed'), 'signed.pdf')
    await writeFile(file, pdf)
    const { stdout } = await run('pdfsig', ['-nocert', file])
    assert.match(stdout, /Signature is Valid/)
    assert.match(stdout, /Total document signed/)
    assert.match(stdout, /ETSI\.CAdES\.detached/)
    assert.match(stdout, /Ada Test/)
  }
})

function fourHeld(service: Service, account: Account, body: string): Promise<HeldPost[]> {
  return Promise.all(Array.from({ length: 4 }, () => heldPost(service, account, body)))
}

interface HeldPost {
  readonly finish: () => Promise<number>
}

/** A request whose last byte does not come until `finish`, which gives the status. */
async function heldPost({ ssa }: Service, { token }: Account, body: string): Promise<HeldPost> {
  const sending = request(`${ssa.url}/csc/v2/signatures/signDoc`, {
    method: 'POST',
    ca: ssa.ca,
    agent: false,
    headers: {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Content-Length': body.length,
    },
  })
  const answered = once(sending, 'response')
  sending.write(body.slice(0, -1))
  await sleep(200)
  return {
    finish: async () => {
      sending.end(body.slice(-1))
      const answer: unknown = await answered
      const response: unknown = Array.isArray(answer) ? answer[0] : undefined
      if (!(response instanceof IncomingMessage)) throw new Error('no response')
      response.resume()
      return response.statusCode ?? 0
    },
  }
}
