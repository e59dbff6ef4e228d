import assert from 'node:assert/strict'
import type { SignatureScheme } from '../../../sap/algorithms.ts'
import { samplePdf } from '../../../ades/pdf/samplePdf.ts'
import { checkWithOpenssl, checkWithTools, signaturesIn } from '../../support/checkSignedPdf.ts'
import { localSigner, type LocalSigner } from '../../support/localSigner.ts'
import { PRODUCERS } from '../../support/samplePdf.ts'
import { signLocally } from '../../support/signLocally.ts'

describe('PAdES baseline B-B — EN 319 142-1, checked by poppler, OpenSSL and qpdf', function () {
  let ecdsa: LocalSigner
  let rsa: LocalSigner
  before(async () => {
    ecdsa = await localSigner('p-256')
    rsa = await localSigner('rsa-3072')
  })

  for (const [producer, make] of Object.entries(PRODUCERS)) {
    it(`signs twice what comes from ${producer}, and every earlier byte and signature stays`, () => {
      const original = make()
      const first = signLocally(original, ecdsa)
      const second = signLocally(first, rsa, { scheme: { name: 'rsa-pkcs1', digest: 'sha512' } })

      assert.ok(first.subarray(0, original.length).equals(original))
      assert.ok(second.subarray(0, first.length).equals(first))
      checkWithTools(first, 1)
      checkWithTools(second, 2)
      const [one, two] = signaturesIn(second)
      assert.ok(one !== undefined && two !== undefined)
      assert.deepEqual([one.coversWholeFile, two.coversWholeFile], [false, true])
      checkWithOpenssl(one, ecdsa.chain[1])
      checkWithOpenssl(two, rsa.chain[1])
    })
  }

  const SCHEMES: readonly (readonly ['rsa-3072' | 'rsa-4096' | 'p-256' | 'p-384', SignatureScheme])[] = [
    ['rsa-3072', { name: 'rsa-pkcs1', digest: 'sha256' }],
    ['rsa-3072', { name: 'rsa-pss', digest: 'sha256', saltLength: 32 }],
    ['rsa-3072', { name: 'rsa-pss', digest: 'sha384', saltLength: 48 }],
    ['rsa-4096', { name: 'rsa-pkcs1', digest: 'sha384' }],
    ['p-256', { name: 'ecdsa', digest: 'sha512' }],
    ['p-384', { name: 'ecdsa', digest: 'sha384' }],
  ]
  for (const [keyType, scheme] of SCHEMES) {
    it(`signs with ${keyType}, ${scheme.name}, ${scheme.digest}`, async () => {
      const signer = await localSigner(keyType)
      const pdf = signLocally(samplePdf(), signer, { scheme })
      const [signature] = signaturesIn(pdf)
      assert.ok(signature?.coversWholeFile)
      checkWithOpenssl(signature, signer.chain[1])
      checkWithTools(pdf, 1)
    })
  }

  it('is not found valid by those tools once a byte of the document has changed', () => {
    const pdf = signLocally(samplePdf(), ecdsa)
    pdf[pdf.indexOf('telescope')] = 0x54
    const [signature] = signaturesIn(pdf)
    assert.ok(signature !== undefined)
    assert.throws(() => {
      checkWithOpenssl(signature, ecdsa.chain[1])
    })
    assert.throws(() => {
      checkWithTools(pdf, 1)
    })
  })
})
