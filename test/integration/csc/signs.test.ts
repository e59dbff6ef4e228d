import assert from 'node:assert/strict'
import { memberOf } from '../../support/bodyOf.ts'
import { digestEntry } from '../../support/documentEntries.ts'
import { newHashes } from '../../support/samActs.ts'
import {
  anotherCredential,
  assertRefused,
  base64,
  buildService,
  call,
  ECDSA_SHA256,
  makeAccount,
  sadFor,
  sign,
  signaturesIn,
  type Account,
  type Service,
} from '../../support/service.ts'
import { membersIn, signDoc } from '../../support/signDocSite.ts'

describe('credentials that sign only hashes or only documents', function () {
  this.timeout(60_000)
  let service: Service
  let both: Account
  let documents: Account
  let hashes: Account
  before(async () => {
    service = await buildService()
    both = await makeAccount(service)
    documents = await anotherCredential(service, both, { policy: 'documents' })
    hashes = await anotherCredential(service, both, { policy: 'hashes' })
  })
  after(() => service.dispose())

  it('signs no hash with a key for documents, in neither version, and spends nothing', async () => {
    const list = newHashes(1)
    const sad = await sadFor(service, documents, list)
    const refusal = { description: 'Hash is not authorized by the SAD.', sam: 'hashes_not_signed' }
    await assertRefused(service, () => sign(service, documents, sad, list), refusal)
    const v2 = {
      credentialID: documents.credentialID,
      SAD: sad,
      hashes: base64(list),
      signAlgo: ECDSA_SHA256,
    }
    await assertRefused(service, () => call(service, documents, 'v2 signatures/signHash', v2), refusal)
    const answer = await signDoc(service, documents, sad, digestEntry(list))
    assert.equal(membersIn(answer, 'SignatureObject').length, 1)
  })

  it('signs no document with a key for hashes, and spends nothing', async () => {
    const list = newHashes(1)
    const sad = await sadFor(service, hashes, list)
    await assertRefused(service, () => signDoc(service, hashes, sad, digestEntry(list)), {
      description: 'documentDigests or documents are not authorized by the SAD.',
      sam: 'documents_not_signed',
    })
    assert.equal(signaturesIn(await sign(service, hashes, sad, list)).length, 1)
  })

  it('tells which in v2 where it is not both', async () => {
    for (const [account, signs] of [
      [both, undefined],
      [documents, 'documents'],
      [hashes, 'hashes'],
    ] as const) {
      const { credentialID } = account
      const { body } = await call(service, account, 'v2 credentials/info', { credentialID })
      assert.equal(memberOf(body, 'signs'), signs)
    }
  })

  it('is not there for v1, which has no signDoc, where it signs documents only', async () => {
    const { credentialID } = documents
    const listed = memberOf((await call(service, both, 'v1 credentials/list', {})).body, 'credentialIDs')
    assert.ok(Array.isArray(listed))
    assert.deepEqual([listed.includes(credentialID), listed.includes(hashes.credentialID)], [false, true])
    await assertRefused(service, () => call(service, documents, 'v1 credentials/info', { credentialID }), {
      description: 'Invalid parameter credentialID',
    })
  })
})
