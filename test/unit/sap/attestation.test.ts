import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { attestationBytes, openAttestation, type AttestationStatement } from '../../../sap/attestation.ts'

const identity = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pinned = identity.publicKey.export({ type: 'spki', format: 'pem' }).toString()

const statement: AttestationStatement = {
  version: 'chancery-attestation-1',
  credentialId: 'cred-1',
  signerId: 'sgn-1',
  keyType: 'p-256',
  publicKeySha256: 'ab'.repeat(32),
  wrappingKeyId: '0102',
  profile: 'dev',
  generatedAt: 1_700_000_000_000,
}

const signed = (bytes: Buffer, key = identity.privateKey): { statement: Buffer; signature: Buffer } => ({
  statement: bytes,
  signature: sign('sha256', bytes, key),
})

describe('attestation of a key', () => {
  it('opens to what the SAM stated', () => {
    assert.deepEqual(openAttestation(signed(attestationBytes(statement)), pinned), statement)
  })

  it('opens to nothing when statement or signature were changed, or another key signed', () => {
    const { statement: bytes, signature } = signed(attestationBytes(statement))
    const other = attestationBytes({ ...statement, signerId: 'sgn-2' })
    assert.equal(openAttestation({ statement: other, signature }, pinned), undefined)
    const flipped = Buffer.from(signature)
    flipped.writeUInt8(flipped.readUInt8(12) ^ 1, 12)
    for (const wrong of [flipped, Buffer.alloc(0), signature.subarray(1), Buffer.alloc(64)])
      assert.equal(openAttestation({ statement: bytes, signature: wrong }, pinned), undefined)
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    assert.equal(openAttestation(signed(bytes, stranger.privateKey), pinned), undefined)
  })

  const text = attestationBytes(statement).toString()
  for (const [what, bytes] of [
    ['white space', text.replace(':', ': ')],
    ['members in another order', JSON.stringify(statement)],
    ['a member twice', text.replace('{', '{"keyType":"rsa-4096",')],
    ['a member more', text.replace('{', '{"a":1,')],
    ['a member less', text.replace('"profile":"dev",', '')],
    ['another version', text.replace('attestation-1', 'attestation-2')],
    ['a profile that is none', text.replace('"dev"', '"qscd"')],
    ['no JSON', 'x'],
    ['nothing', ''],
    ['null', 'null'],
  ] as const)
    it(`opens to nothing with ${what}, though it is signed`, () => {
      assert.notEqual(bytes, text)
      assert.equal(openAttestation(signed(Buffer.from(bytes)), pinned), undefined)
    })
})
