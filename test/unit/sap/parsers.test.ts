import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  KEY_TYPES,
  KEY_TYPE_NAMES,
  SIGNATURE_ALGORITHMS,
  digestByLength,
  digestByOid,
} from '../../../sap/algorithms.ts'
import { MalformedMessage, bytes, integer, list, object, optional, text } from '../../../sap/codec.ts'
import { fingerprint } from '../../../sap/fingerprint.ts'
import { SAM_OPERATIONS } from '../../../sap/operations.ts'
import { parsePssParameters } from '../../../sap/pssParameters.ts'
import { resolveScheme } from '../../../sap/resolveScheme.ts'
import { pssParameters } from '../../support/pssParameters.ts'

describe('SAP parsers, whatever they are given', () => {
  const message = object({
    name: text(0, 50),
    count: integer(-1000, 1000),
    hashes: list(bytes(0, 64), 0, 5),
    note: optional(text(0, 50)),
  })
  const written = fc.record(
    {
      name: fc.string({ maxLength: 50 }),
      count: fc.integer({ min: -1000, max: 1000 }),
      hashes: fc.array(
        fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array)),
        { maxLength: 5 },
      ),
      note: fc.string({ maxLength: 50 }),
    },
    { requiredKeys: ['name', 'count', 'hashes'], noNullPrototype: true },
  )

  it('read back what they write', () => {
    fc.assert(
      fc.property(written, (value) => {
        const wire: unknown = JSON.parse(JSON.stringify(message.write(value)))
        assert.deepEqual(message.parse(wire, ''), value)
      }),
    )
  })

  it('take any JSON for a message or for malformed, and nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const { request } of Object.values(SAM_OPERATIONS))
          try {
            request.parse(value, '')
          } catch (error) {
            assert.ok(error instanceof MalformedMessage)
          }
      }),
      { numRuns: 300 },
    )
  })

  it('show no value in what they refuse', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 12, maxLength: 300, unit: fc.constantFrom('Q', 'Z', 'J', 'X') }),
        (secret) => {
          for (const value of [{ [secret]: 1 }, { name: [secret] }, { hashes: [secret] }, secret])
            assert.throws(
              () => message.parse(value, ''),
              (error) => error instanceof MalformedMessage && !error.message.includes(secret),
            )
        },
      ),
    )
  })

  it('read PSS parameters of any digest and salt, and throw at no bytes', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('sha256', 'sha384', 'sha512' as const),
        fc.integer({ min: 0, max: 0x7fff }),
        (digest, saltLength) => {
          assert.deepEqual(parsePssParameters(pssParameters(digest, saltLength)), { digest, saltLength })
        },
      ),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
        const read = parsePssParameters(array)
        assert.ok(read === undefined || read.saltLength >= 0)
      }),
    )
  })

  it('take no PSS parameters with one byte changed for others than they say', () => {
    const good = pssParameters('sha384', 48)
    for (let at = 0; at < good.length; at++)
      for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
        const changed = Buffer.from(good)
        changed.writeUInt8(changed.readUInt8(at) ^ bit, at)
        const read = parsePssParameters(changed)
        if (read !== undefined) assert.equal(read.digest, 'sha384')
        if (read?.saltLength === 48) assert.fail(`byte ${at}, bit ${bit}: another spelling of the same`)
      }
  })

  it('settle a scheme only of the family of the key', () => {
    const oids = [...SIGNATURE_ALGORITHMS.map(({ oid }) => oid), '1.2.3', '']
    fc.assert(
      fc.property(
        fc.constantFrom(...KEY_TYPE_NAMES),
        fc.constantFrom(...oids),
        fc.option(fc.uint8Array({ maxLength: 80 }), { nil: undefined }),
        (name, signAlgorithm, parameters) => {
          const keyType = KEY_TYPES[name]
          const scheme = resolveScheme(keyType, { signAlgorithm, parameters })
          if (typeof scheme === 'string') return
          assert.equal(scheme.name === 'ecdsa', keyType.family === 'ec')
        },
      ),
    )
  })

  it('know a digest by exactly three OIDs and three lengths', () => {
    const lengths = Array.from({ length: 200 }, (_, length) => length).filter((length) =>
      digestByLength(length),
    )
    assert.deepEqual(lengths, [32, 48, 64])
    for (const oid of [
      '1.3.14.3.2.26',
      '1.2.840.113549.2.5',
      '2.16.840.1.101.3.4.2.4',
      '2.16.840.1.101.3.4.2.01',
    ])
      assert.equal(digestByOid(oid), undefined)
  })

  it('give each list another fingerprint, in the letters of Crockford', () => {
    const seen = new Set<string>()
    const input = { credentialId: 'cred-1', hashAlgorithm: '2.16.840.1.101.3.4.2.1' }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (hash) => {
        const shown = fingerprint({ ...input, nonce: Buffer.alloc(16), hashes: [hash] })
        assert.match(shown, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
        seen.add(shown)
      }),
      { numRuns: 200 },
    )
    assert.ok(seen.size > 150)
  })
})
