import 'reflect-metadata'
import assert from 'node:assert/strict'
import { CertificatePolicyExtension, Extension } from '@peculiar/x509'
import { samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { listIn, memberOf, membersOf, textIn } from '../../support/bodyOf.ts'
import { digestEntries, documentEntry, sha256 } from '../../support/documentEntries.ts'
import { ssaInfo } from '../../support/ssaFolder.ts'
import { buildService, call, makeAccount, otpFor, sadFor, type Service } from '../../support/service.ts'
import { membersIn, signDoc } from '../../support/signDocSite.ts'

const QC_COMPLIANCE = '0.4.0.1862.1.1'
const POLICY = '0.4.0.194112.1.2'
/** One statement, QcCompliance, without a value. */
const qcStatements = new Extension('1.3.6.1.5.5.7.1.3', false, Buffer.from('300a3008060604008e460101', 'hex'))

describe('the text of CSC API v2 that the operator chose', () => {
  let service: Service
  const build = async (specs: string): Promise<void> => {
    service = await buildService({}, { info: { ...ssaInfo, specs } })
  }
  afterEach(() => service.dispose())

  it('is 2.0.0.0 unless another is configured: nothing of later texts', async () => {
    service = await buildService()
    const ada = await makeAccount(service, { extensions: [qcStatements] })
    const { body } = await service.ssa.post('v2', 'info', {})
    assert.equal(memberOf(body, 'specs'), '2.0.0.0')
    assert.ok(!membersOf(body).includes('supportedHashTypes'))
    assert.ok(!membersOf(body).includes('documentTypes'))
    assert.ok(!membersOf(memberOf(body, 'signature_formats')).includes('allowMix'))
    assert.ok(!listIn(body, 'methods').includes('credentials/sendOTP'))
    const { credentialID } = ada
    const answer = await call(service, ada, 'v2 credentials/sendOTP', { credentialID })
    assert.deepEqual([answer.status, memberOf(answer.body, 'error')], [501, 'not_implemented'])
    const told = await call(service, ada, 'v2 credentials/info', { credentialID, certInfo: true })
    assert.ok(!membersOf(memberOf(told.body, 'cert')).includes('qcStatements'))
  })

  for (const specs of ['2.1.0.0', '2.2.0.0'])
    it(`with ${specs} has what 2.1 adds to info, and sendOTP again`, async () => {
      await build(specs)
      const ada = await makeAccount(service)
      const { body } = await service.ssa.post('v2', 'info', {})
      assert.equal(memberOf(body, 'specs'), specs)
      assert.deepEqual(memberOf(body, 'supportedHashTypes'), ['SHA-256', 'SHA-384', 'SHA-512'])
      assert.deepEqual(memberOf(body, 'documentTypes'), ['sod'])
      assert.equal(memberOf(memberOf(body, 'signature_formats'), 'allowMix'), true)
      assert.ok(listIn(body, 'methods').includes('credentials/sendOTP'))
      const before = (await service.sam.outbox()).length
      const answer = await call(service, ada, 'v2 credentials/sendOTP', { credentialID: ada.credentialID })
      assert.equal(answer.status, 204)
      assert.equal((await service.sam.outbox()).length, before + 1)
      // Version 1 stays what it is.
      assert.equal(memberOf((await service.ssa.post('v1', 'info', {})).body, 'specs'), '1.0.3.0')
    })

  it('with 2.1.0.0 signs documents and digests of several formats in one call (allowMix)', async () => {
    await build('2.1.0.0')
    const account = await makeAccount(service)
    const texts = ['one', 'two'].map((text) => Buffer.from(text))
    const hashes = texts.map(sha256)
    const digests = await signDoc(service, account, await sadFor(service, account, hashes), {
      documentDigests: [
        ...digestEntries(hashes.slice(0, 1)),
        ...digestEntries(hashes.slice(1), { signature_format: 'P', signed_envelope_property: 'Revision' }),
      ],
    })
    assert.equal(membersIn(digests, 'SignatureObject').length, 2)

    const late = await makeAccount(service, { policy: 'scal1-otp' })
    const authorized = await call(service, late, 'v2 credentials/authorize', {
      credentialID: late.credentialID,
      numSignatures: 3,
      authData: [{ id: 'OTP', value: await otpFor(service, late) }],
    })
    const [text = Buffer.alloc(0)] = texts
    const entries = [
      documentEntry(text, { documentType: 'sod' }),
      documentEntry(samplePdf(), { signature_format: 'P', documentType: 'sod' }),
      documentEntry(text, { signed_envelope_property: 'Detached' }),
    ].flatMap((entry) => listIn(entry, 'documents'))
    const answer = await signDoc(service, late, textIn(authorized.body, 'SAD'), { documents: entries })
    const [attached, pdf] = membersIn(answer, 'DocumentWithSignature')
    assert.ok(attached?.includes(text))
    assert.ok(pdf?.subarray(0, 5).equals(Buffer.from('%PDF-')))
    assert.equal(membersIn(answer, 'SignatureObject').length, 1)
  })

  it('with 2.1.0.0 says of sendOTP for a credential without sent codes what version 1 says', async () => {
    await build('2.1.0.0')
    const { credentialID, ...ada } = await makeAccount(service, { policy: 'totp' })
    for (const version of ['v1', 'v2'] as const) {
      const method = `${version} credentials/sendOTP` as const
      const { status, body } = await call(service, { ...ada, credentialID }, method, { credentialID })
      const expected = { error: 'invalid_request', error_description: 'Invalid parameter credentialID' }
      assert.deepEqual([status, body], [400, expected])
    }
    // getChallenge has a member to blame.
    const asked = { credentialID, authObjectID: 'OTP' }
    const challenge = await call(service, { ...ada, credentialID }, 'v2 credentials/getChallenge', asked)
    assert.equal(memberOf(challenge.body, 'error_description'), 'Invalid parameter authObjectID')
  })

  it('with 2.1.0.0 tells nothing that only 2.2 has', async () => {
    await build('2.1.0.0')
    const { credentialID, ...ada } = await makeAccount(service, { extensions: [qcStatements] })
    const account = { ...ada, credentialID }
    const told = await call(service, account, 'v2 credentials/info', { credentialID, certInfo: true })
    assert.ok(!membersOf(memberOf(told.body, 'cert')).includes('qcStatements'))
  })

  it('with 2.2.0.0 tells policies and QC statements of a certificate, where its members are asked for', async () => {
    await build('2.2.0.0')
    const extensions = [new CertificatePolicyExtension([POLICY]), qcStatements]
    const ada = await makeAccount(service, { extensions })
    const { credentialID } = ada
    const options = { certInfo: true, credentialInfo: true }
    const told = await call(service, ada, 'v2 credentials/info', { credentialID, ...options })
    const listed = await call(service, ada, 'v2 credentials/list', options)
    for (const credential of [told.body, ...listIn(listed.body, 'credentialInfos')]) {
      const cert = memberOf(credential, 'cert')
      assert.deepEqual(memberOf(cert, 'policy'), [POLICY])
      assert.deepEqual(memberOf(cert, 'qcStatements'), [QC_COMPLIANCE])
    }
    const bare = await call(service, ada, 'v2 credentials/info', { credentialID })
    assert.ok(!membersOf(memberOf(bare.body, 'cert')).includes('policy'))
    const none = await makeAccount(service)
    const empty = await call(service, none, 'v2 credentials/info', {
      credentialID: none.credentialID,
      certInfo: true,
    })
    assert.deepEqual(memberOf(memberOf(empty.body, 'cert'), 'policy'), [])
    assert.deepEqual(memberOf(memberOf(empty.body, 'cert'), 'qcStatements'), [])
  })
})
