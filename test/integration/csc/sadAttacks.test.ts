import assert from 'node:assert/strict'
import { memberOf, textIn } from '../../support/bodyOf.ts'
import { journalOf, newHashes } from '../../support/samActs.ts'
import {
  anotherCredential,
  assertRefused,
  base64,
  buildService,
  call,
  ECDSA_SHA256,
  makeAccount,
  otpFor,
  PASSWORD,
  sadFor,
  sign,
  signaturesIn,
  type Account,
  type Service,
} from '../../support/service.ts'

const BAD_SAD = { description: 'Invalid parameter SAD', sam: 'sad_invalid' }

describe('a SAD in wrong hands, wrong places, too often — CSC API v1.0.4.0 §11.9', function () {
  this.timeout(60_000)
  let service: Service
  let ada: Account
  let offset = 0

  before(async () => {
    service = await buildService({
      clockSources: { wall: () => Date.now() + offset, monotonic: () => performance.now() + offset },
    })
    ada = await makeAccount(service)
  })
  after(() => service.dispose())

  const signedTimes = async (): Promise<number> => (await journalOf(service.sam, 'SIGNED')).length

  it("refuses another user's SAD, which stays usable (S01)", async () => {
    const bob = await makeAccount(service)
    const hashes = newHashes(1)
    const sad = await sadFor(service, ada, hashes)
    await assertRefused(service, () => sign(service, { ...ada, token: bob.token }, sad, hashes), BAD_SAD)
    await assertRefused(service, () => sign(service, bob, sad, hashes), BAD_SAD)
    signaturesIn(await sign(service, ada, sad, hashes))
  })

  it("refuses a SAD for the user's other credential (S02)", async () => {
    const other = await anotherCredential(service, ada)
    const hashes = newHashes(1)
    const sad = await sadFor(service, ada, hashes)
    await assertRefused(service, () => sign(service, other, sad, hashes), BAD_SAD)
    signaturesIn(await sign(service, ada, sad, hashes))
  })

  it('refuses a SAD of another client, and of another login, of the same user (S03)', async () => {
    const client = await service.ssa.makeClient('app-1')
    await service.sam.officer.call('registerClient', {
      requestId: 'request-1',
      clientId: 'app-1',
      name: 'App',
    })
    const token = await service.ssa.login(ada.username, PASSWORD, { client })
    const again = await service.ssa.login(ada.username, PASSWORD)
    const hashes = newHashes(1)
    const sad = await sadFor(service, ada, hashes)
    await assertRefused(service, () => sign(service, { ...ada, client, token }, sad, hashes), BAD_SAD)
    await assertRefused(service, () => sign(service, { ...ada, token: again }, sad, hashes), BAD_SAD)
    signaturesIn(await sign(service, ada, sad, hashes))
  })

  it('refuses a replay, in both versions (S04)', async () => {
    const hashes = newHashes(1)
    const sad = await sadFor(service, ada, hashes)
    signaturesIn(await sign(service, ada, sad, hashes))
    await assertRefused(service, () => sign(service, ada, sad, hashes), BAD_SAD)
    const body = { credentialID: ada.credentialID, SAD: sad, hashes: base64(hashes), signAlgo: ECDSA_SHA256 }
    await assertRefused(service, () => call(service, ada, 'v2 signatures/signHash', body), BAD_SAD)
  })

  it('signs once, however many ask at once (S05)', async () => {
    const hashes = newHashes(1)
    const sad = await sadFor(service, ada, hashes)
    const before = await signedTimes()
    const answers = await Promise.all(Array.from({ length: 60 }, () => sign(service, ada, sad, hashes)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    for (const { status, body } of answers)
      if (status !== 200) assert.equal(memberOf(body, 'error_description'), 'Invalid parameter SAD')
    assert.equal((await signedTimes()) - before, 1)
  })

  it('signs for each of many that ask at once while something is left, and for none after', async () => {
    const [hash] = newHashes(1)
    assert.ok(hash)
    const equal = Array.from({ length: 10 }, () => hash)
    const others = newHashes(10)
    const sad = await sadFor(service, ada, [...equal, ...others])
    const before = await signedTimes()
    const answers = await Promise.all([...equal, ...others].map((one) => sign(service, ada, sad, [one])))
    for (const answer of answers) assert.equal(signaturesIn(answer).length, 1)
    await assertRefused(service, () => sign(service, ada, sad, [hash]), BAD_SAD)
    assert.equal((await signedTimes()) - before, 20)
  })

  it('gives no SAD without hashes for SCAL 2 (S06)', async () => {
    const OTP = await otpFor(service, ada)
    const body = { credentialID: ada.credentialID, numSignatures: 1, OTP }
    await assertRefused(service, () => call(service, ada, 'v1 credentials/authorize', body), {
      description: 'Missing (or invalid type) array parameter hash',
      sam: 'hashes_missing',
    })
  })

  const NOT_AUTHORIZED = { description: 'Hash is not authorized by the SAD.', sam: 'hash_not_authorized' }

  it('refuses another hash than was authorized, and spends nothing (S07, S22)', async () => {
    const hashes = newHashes(1)
    const sad = await sadFor(service, ada, hashes)
    await assertRefused(service, () => sign(service, ada, sad, newHashes(1)), NOT_AUTHORIZED)
    signaturesIn(await sign(service, ada, sad, hashes))
  })

  it('signs a part, later the rest, each once (S08)', async () => {
    const hashes = newHashes(3)
    const sad = await sadFor(service, ada, hashes)
    signaturesIn(await sign(service, ada, sad, hashes.slice(1, 2)))
    await assertRefused(service, () => sign(service, ada, sad, hashes), NOT_AUTHORIZED)
    signaturesIn(
      await sign(
        service,
        ada,
        sad,
        [hashes[2], hashes[0]].filter((hash) => hash !== undefined),
      ),
    )
    await assertRefused(service, () => sign(service, ada, sad, hashes.slice(0, 1)), BAD_SAD)
  })

  it('refuses a hash that comes twice and was authorized once (S09)', async () => {
    const hashes = newHashes(2)
    const sad = await sadFor(service, ada, hashes)
    const twice = [...hashes.slice(0, 1), ...hashes.slice(0, 1)]
    await assertRefused(service, () => sign(service, ada, sad, twice), NOT_AUTHORIZED)
  })

  const WRONG_NUMBER = 'Invalid value for parameter numSignatures'
  const numbers: readonly [number, string, string][] = [
    [1, WRONG_NUMBER, 'hash_count_mismatch'],
    [3, WRONG_NUMBER, 'hash_count_mismatch'],
    [0, WRONG_NUMBER, 'number_of_signatures_invalid'],
    [-1, WRONG_NUMBER, 'number_of_signatures_invalid'],
    [201, 'Numbers of signatures is too high', 'number_of_signatures_too_high'],
    [1e300, 'Numbers of signatures is too high', 'number_of_signatures_too_high'],
  ]
  for (const [numSignatures, description, code] of numbers)
    it(`refuses ${numSignatures} signatures for two hashes (S11)`, async () => {
      const hash = base64(newHashes(2))
      const body = { credentialID: ada.credentialID, numSignatures, hash, OTP: '123456' }
      const attempt = (): ReturnType<typeof call> => call(service, ada, 'v1 credentials/authorize', body)
      await assertRefused(service, attempt, { description, sam: code })
    })

  it('refuses 200 hashes of which one is not authorized, as a whole (S13)', async () => {
    const hashes = newHashes(200)
    const sad = await sadFor(service, ada, hashes)
    const mixed = [...hashes.slice(0, 150), ...newHashes(1), ...hashes.slice(151)]
    await assertRefused(service, () => sign(service, ada, sad, mixed), NOT_AUTHORIZED)
    assert.equal(signaturesIn(await sign(service, ada, sad, hashes)).length, 200)
  })

  const mangled: readonly [string, (sad: string) => string][] = [
    ['truncated', (sad) => sad.slice(0, -1)],
    ['longer', (sad) => `${sad}A`],
    ['with one letter changed', (sad) => (sad.startsWith('A') ? `B${sad.slice(1)}` : `A${sad.slice(1)}`)],
    ['in another case', (sad) => sad.toLowerCase() + 'x'],
    ['empty', () => ''],
    ['of another service', () => 'sad-Q2xvdWQ'],
    ['a path', () => '../../etc/passwd'],
  ]
  for (const [name, change] of mangled)
    it(`refuses a SAD that is ${name} (S15)`, async () => {
      const hashes = newHashes(1)
      const sad = await sadFor(service, ada, hashes)
      await assertRefused(service, () => sign(service, ada, change(sad), hashes), {
        description: 'Invalid parameter SAD',
      })
      signaturesIn(await sign(service, ada, sad, hashes))
    })

  it('refuses a SAD that looks alike, or is 200 kB long, without asking the SAM (S15)', async () => {
    const hashes = newHashes(1)
    const sad = await sadFor(service, ada, hashes)
    for (const bad of [`\uff21${sad.slice(1)}`, `${sad}\u0000`, 'A'.repeat(200_000)])
      await assertRefused(service, () => sign(service, ada, bad, hashes), {
        description: 'Invalid parameter SAD',
      })
  })

  it('refuses a bogus SAD in extendTransaction', async () => {
    const body = { credentialID: ada.credentialID, SAD: 'x', hash: base64(newHashes(1)) }
    for (const version of ['v1', 'v2'] as const) {
      const more = version === 'v2' ? { hashes: body.hash } : {}
      const attempt = (): ReturnType<typeof call> =>
        call(service, ada, `${version} credentials/extendTransaction`, { ...body, ...more })
      await assertRefused(service, attempt, BAD_SAD)
    }
  })

  it('refuses once the credential is suspended, and the SAD is void after it is resumed (S19)', async () => {
    const holder = await makeAccount(service)
    const hashes = newHashes(1)
    const sad = await sadFor(service, holder, hashes)
    const { signerId, credentialId } = holder.signer
    const change = { requestId: 'request-2', credentialId, reason: 'test' }
    await service.sam.ssa.call('suspend', { ...change, signerId, clientId: 'basic' })
    const disabled = {
      description: 'The credential identified by credentialID is disabled',
      sam: 'credential_disabled',
    }
    await assertRefused(service, () => sign(service, holder, sad, hashes), disabled)
    const body = { credentialID: holder.credentialID, numSignatures: 1, hash: base64(hashes), OTP: '1' }
    await assertRefused(service, () => call(service, holder, 'v1 credentials/authorize', body), disabled)
    await service.sam.ra.call('resume', change)
    await assertRefused(service, () => sign(service, holder, sad, hashes), BAD_SAD)
  })

  it('refuses once the key is destroyed (S20)', async () => {
    const holder = await makeAccount(service)
    const hashes = newHashes(1)
    const sad = await sadFor(service, holder, hashes)
    const { credentialId } = holder.signer
    await service.sam.ra.call('destroy', { requestId: 'request-3', credentialId, reason: 'test' })
    await assertRefused(service, () => sign(service, holder, sad, hashes), {
      description: 'The credential identified by credentialID is disabled',
    })
  })

  it('refuses a certificate whose time is over, in the words that name it', async () => {
    const notAfter = Date.now() + 3_600_000 / 4
    const holder = await makeAccount(service, { notAfter })
    try {
      offset = 3_600_000 / 2
      const body = {
        credentialID: holder.credentialID,
        numSignatures: 1,
        hash: base64(newHashes(1)),
        OTP: '1',
      }
      await assertRefused(service, () => call(service, holder, 'v1 credentials/authorize', body), {
        description: "Signing certificate 'O=Test,CN=Ada Test' is expired.",
        sam: 'certificate_expired',
      })
    } finally {
      // The SAM's clock never goes back: what follows lives in the later time.
      offset = 3_600_000 / 2
    }
  })

  it('refuses a SAD one millisecond after its time, also when the wall clock goes back (S14)', async () => {
    const hashes = newHashes(1)
    const answer = await call(service, ada, 'v1 credentials/authorize', {
      credentialID: ada.credentialID,
      numSignatures: 1,
      hash: base64(hashes),
      OTP: await otpFor(service, ada, hashes),
    })
    const sad = textIn(answer.body, 'SAD')
    offset += Number(memberOf(answer.body, 'expiresIn')) * 1000 + 1
    await assertRefused(service, () => sign(service, ada, sad, hashes), {
      description: 'SAD expired',
      sam: 'sad_expired',
    })
    const body = { credentialID: ada.credentialID, SAD: sad, hash: base64(hashes) }
    await assertRefused(service, () => call(service, ada, 'v1 credentials/extendTransaction', body), {
      description: 'SAD expired',
      sam: 'sad_expired',
    })
  })
})
