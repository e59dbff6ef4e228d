import assert from 'node:assert/strict'
import { constants, createHash, createPublicKey, verify, type KeyObject } from 'node:crypto'
import { fingerprint } from '../../../sap/fingerprint.ts'
import type { KeyTypeName } from '../../../sap/algorithms.ts'
import { memberOf, membersOf, textIn } from '../../support/bodyOf.ts'
import { eventsOf, newHashes, totpOf } from '../../support/samActs.ts'
import {
  anotherCredential,
  base64,
  buildService,
  call,
  makeAccount,
  otpFor,
  sadFor,
  sign,
  signaturesIn,
  type Account,
  type Service,
} from '../../support/service.ts'

/** RFC 8017 A.2.3: SHA-256, MGF1 with SHA-256, salt 32, explicit trailer field, as clients send it. */
const PSS = 'MDmgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgowMCAQE='
const SHA256 = '2.16.840.1.101.3.4.2.1'

describe('from OTP to signature — CSC API v1.0.4.0 §9, v2.0.0.2 §8', function () {
  this.timeout(60_000)
  let service: Service
  let account: Account

  before(async () => {
    service = await buildService()
    account = await makeAccount(service)
  })
  after(() => service.dispose())

  const publicKeyOf = ({ signer }: Account): KeyObject =>
    createPublicKey({ key: signer.publicKey, format: 'der', type: 'spki' })

  it('signs one hash with a bound OTP through v1; the message names what is signed', async () => {
    const { texts, hashes } = newDocuments(1)
    const { credentialID } = account
    const nonce = Buffer.alloc(16, 9)
    const sent = await call(service, account, 'v1 credentials/sendOTP', {
      credentialID,
      hash: base64(hashes),
      nonce: nonce.toString('base64'),
      description: 'Invoice 7\r\nand all my money',
    })
    assert.equal(sent.status, 204)
    const message = (await service.sam.outbox()).at(-1)?.text ?? ''
    assert.ok(message.includes('Application basic'))
    assert.ok(message.includes('Invoice 7  and all my money'))
    assert.ok(
      message.includes(fingerprint({ nonce, credentialId: credentialID, hashAlgorithm: SHA256, hashes })),
    )
    const authorized = await call(service, account, 'v1 credentials/authorize', {
      credentialID,
      numSignatures: 1,
      hash: base64(hashes),
      OTP: await service.sam.lastCode(),
    })
    assert.ok(Number(memberOf(authorized.body, 'expiresIn')) > 0)
    assert.equal(memberOf((await service.ssa.journal(authorized.requestId))[0], 'grade'), 'bound-otp')
    const signed = await sign(service, account, textIn(authorized.body, 'SAD'), hashes)
    const [signature] = signaturesIn(signed)
    assert.ok(signature && texts[0] && verify('sha256', texts[0], publicKeyOf(account), signature))
    const types = (await eventsOf(service.sam, signed.requestId)).map((entry) => entry['type'])
    assert.deepEqual(types, ['SIGNING', 'SIGNED'])
  })

  it('grades an OTP that was sent without a list plain-otp', async () => {
    const hashes = newHashes(1)
    const answer = await call(service, account, 'v1 credentials/authorize', {
      credentialID: account.credentialID,
      numSignatures: 1,
      hash: base64(hashes),
      OTP: await otpFor(service, account),
    })
    assert.equal(answer.status, 200)
    assert.equal(memberOf((await service.ssa.journal(answer.requestId))[0], 'grade'), 'plain-otp')
  })

  it('signs through v2 with PIN and OTP, several hashes in request order', async () => {
    const both = await anotherCredential(service, account, { policy: 'otp-pin', keyType: 'p-384' })
    const { texts, hashes } = newDocuments(3, 'sha384')
    const { credentialID } = both
    const list = { hashes: base64(hashes), hashAlgorithmOID: '2.16.840.1.101.3.4.2.2' }
    const challenge = {
      credentialID,
      authObjectID: 'OTP',
      ...list,
      nonce: Buffer.alloc(16, 1).toString('base64'),
    }
    assert.equal((await call(service, both, 'v2 credentials/getChallenge', challenge)).status, 204)
    const answer = await call(service, both, 'v2 credentials/authorize', {
      credentialID,
      numSignatures: 3,
      ...list,
      authData: [
        { id: 'PIN', value: both.signer.pin },
        { id: 'OTP', value: await service.sam.lastCode() },
      ],
    })
    const SAD = textIn(answer.body, 'SAD')
    const turned = [...hashes].reverse()
    const signed = await call(service, both, 'v2 signatures/signHash', {
      credentialID,
      SAD,
      hashes: base64(turned),
      signAlgo: '1.2.840.10045.4.3.3',
    })
    const signatures = signaturesIn(signed)
    assert.equal(signatures.length, 3)
    for (const [n, text] of [...texts].reverse().entries())
      assert.ok(
        verify('sha384', text, publicKeyOf(both), signatures[n] ?? Buffer.of()),
        `signature ${n} is over hash ${n}`,
      )
  })

  it('takes a TOTP code as the OTP of v1 and as the object TOTP of v2', async () => {
    const offline = await anotherCredential(service, account, { policy: 'totp' })
    const info = await call(service, offline, 'v1 credentials/info', {
      credentialID: offline.credentialID,
      authInfo: true,
    })
    assert.equal(memberOf(memberOf(info.body, 'OTP'), 'type'), 'offline')
    const hashes = newHashes(1)
    const sad = await call(service, offline, 'v1 credentials/authorize', {
      credentialID: offline.credentialID,
      numSignatures: 1,
      hash: base64(hashes),
      OTP: totpOf(offline.signer),
    })
    signaturesIn(await sign(service, offline, textIn(sad.body, 'SAD'), hashes))
    const second = await call(service, offline, 'v2 credentials/authorize', {
      credentialID: offline.credentialID,
      numSignatures: 1,
      hashes: base64(hashes),
      authData: [{ id: 'TOTP', value: totpOf(offline.signer, 1) }],
    })
    assert.equal(second.status, 200, JSON.stringify(second.body))
  })

  const rsa: readonly KeyTypeName[] = ['rsa-3072', 'rsa-4096']
  for (const keyType of rsa)
    it(`signs with ${keyType}, PKCS#1 v1.5 and PSS, with a DigestInfo added once (H08)`, async () => {
      const holder = await anotherCredential(service, account, { keyType })
      const { texts, hashes } = newDocuments(3)
      const sad = await sadFor(service, holder, hashes)
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      const forms: readonly [object, object][] = [
        [{ signAlgo: '1.2.840.113549.1.1.11' }, {}],
        [{ signAlgo: '1.2.840.113549.1.1.1', hashAlgo: SHA256 }, {}],
        [{ signAlgo: '1.2.840.113549.1.1.10', signAlgoParams: PSS }, pss],
      ]
      for (const [n, [form, padding]] of forms.entries()) {
        const [signature] = signaturesIn(await sign(service, holder, sad, hashes.slice(n, n + 1), form))
        assert.ok(signature && texts[n])
        assert.ok(verify('sha256', texts[n], { key: publicKeyOf(holder), ...padding }, signature))
      }
    })

  it('renews a SAD with extendTransaction, and voids the old one', async () => {
    const hashes = newHashes(2)
    const old = await sadFor(service, account, hashes)
    signaturesIn(await sign(service, account, old, hashes.slice(0, 1)))
    const { credentialID } = account
    const extended = await call(service, account, 'v1 credentials/extendTransaction', {
      credentialID,
      SAD: old,
      hash: base64(hashes.slice(1)),
    })
    assert.equal(extended.status, 200, JSON.stringify(extended.body))
    const refused = await sign(service, account, old, hashes.slice(1))
    assert.equal(memberOf(refused.body, 'error_description'), 'Invalid parameter SAD')
    signaturesIn(await sign(service, account, textIn(extended.body, 'SAD'), hashes.slice(1)))
  })

  it('ends a SAD that is revoked', async () => {
    const hashes = newHashes(1)
    const sad = await sadFor(service, account, hashes)
    assert.equal((await call(service, account, 'v1 auth/revoke', { token: sad })).status, 204)
    const refused = await sign(service, account, sad, hashes)
    assert.equal(memberOf(refused.body, 'error_description'), 'Invalid parameter SAD')
  })

  it('tells of a credential what v1 and v2 tell', async () => {
    const { credentialID } = account
    const all = { credentialID, certificates: 'chain', certInfo: true, authInfo: true }
    const { body } = await call(service, account, 'v1 credentials/info', all)
    const certificates = memberOf(memberOf(body, 'cert'), 'certificates')
    assert.deepEqual(body, {
      key: {
        status: 'enabled',
        algo: ['1.2.840.10045.4.3.2', '1.2.840.10045.4.3.3', '1.2.840.10045.4.3.4'],
        len: 256,
        curve: '1.2.840.10045.3.1.7',
      },
      cert: {
        ...certOf(body),
        status: 'valid',
        certificates,
        subjectDN: 'C=DE,O=Test,CN=Ada Test',
        issuerDN: 'C=DK,O=Test,CN=Test Issuing CA',
      },
      authMode: 'explicit',
      SCAL: '2',
      PIN: { presence: 'false' },
      OTP: {
        presence: 'true',
        type: 'online',
        format: 'N',
        label: 'Code from the message',
        description: memberOf(memberOf(body, 'OTP'), 'description'),
        ID: 'OTP',
      },
      multisign: 200,
      lang: 'en',
    })
    assert.match(String(memberOf(memberOf(body, 'OTP'), 'description')), /^Sent to .*\*/)
    const second = await call(service, account, 'v2 credentials/info', all)
    assert.deepEqual(memberOf(memberOf(second.body, 'auth'), 'expression'), 'OTP')
    const few = await call(service, account, 'v1 credentials/info', { credentialID, certificates: 'none' })
    assert.deepEqual(memberOf(few.body, 'cert'), { status: 'valid' })
    assert.equal(memberOf(few.body, 'PIN'), undefined)
  })

  it('lists credentials in pages with v1, whole with v2, usable ones only when asked', async () => {
    const person = await makeAccount(service)
    const second = await anotherCredential(service, person)
    const expired = await anotherCredential(service, person)
    const ids = [person, second, expired].map(({ credentialID }) => credentialID).sort()
    await service.sam.ssa.call('suspend', {
      requestId: 'request-1',
      signerId: person.signer.signerId,
      clientId: 'basic',
      credentialId: expired.credentialID,
      reason: 'test',
    })
    const seen: unknown[] = []
    let pageToken: unknown
    do {
      const page = await call(service, person, 'v1 credentials/list', { maxResults: 2, pageToken })
      const found = memberOf(page.body, 'credentialIDs')
      assert.ok(Array.isArray(found) && found.length > 0 && found.length <= 2)
      seen.push(...(found as unknown[]))
      pageToken = memberOf(page.body, 'nextPageToken')
    } while (pageToken !== undefined)
    assert.deepEqual(seen, ids)
    const whole = await call(service, person, 'v2 credentials/list', {
      credentialInfo: true,
      onlyValid: true,
    })
    assert.deepEqual(
      memberOf(whole.body, 'credentialIDs'),
      ids.filter((id) => id !== expired.credentialID),
    )
    assert.equal(memberOf(whole.body, 'onlyValid'), true)
    const disabled = await call(service, expired, 'v1 credentials/info', {
      credentialID: expired.credentialID,
    })
    assert.equal(memberOf(memberOf(disabled.body, 'key'), 'status'), 'disabled')
    // Why it is suspended nobody knows here: its certificate may be revoked.
    assert.ok(!membersOf(memberOf(disabled.body, 'cert')).includes('status'))
  })

  it("takes another user's page token for none", async () => {
    const person = await makeAccount(service)
    await anotherCredential(service, person)
    const page = await call(service, person, 'v1 credentials/list', { maxResults: 1 })
    const pageToken = textIn(page.body, 'nextPageToken')
    const refused = await call(service, account, 'v1 credentials/list', { pageToken })
    assert.equal(memberOf(refused.body, 'error_description'), 'Invalid parameter pageToken')
  })
})

function certOf(body: unknown): object {
  const cert = memberOf(body, 'cert')
  assert.ok(typeof cert === 'object' && cert !== null)
  return cert
}

interface Documents {
  readonly texts: readonly Buffer[]
  readonly hashes: readonly Buffer[]
}

/** Texts to sign, so that OpenSSL can verify from the text on. */
function newDocuments(count: number, digest = 'sha256'): Documents {
  const texts = newHashes(count)
  return { texts, hashes: texts.map((text) => createHash(digest).update(text).digest()) }
}
