import { offering, preparedWith } from '../../acts/offering.ts'
import { askToAuthorize } from '../../acts/askToAuthorize.ts'
import { authorizeBody, sadIn, without } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { HASH_OIDS } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { bareRsa, pss, PSS, pssParameters, RSA, schemeOf, usualHash } from '../../acts/schemes.ts'
import {
  hashAlgorithmName,
  prepare,
  SIGN_HASH,
  signed,
  signHashBody,
  verifiedIn,
} from '../../acts/signHash.ts'
import { row, rowOf, rule, variants, type CaseIn } from '../../case.ts'
import { refused, refusedAs, refusedAsOneOf } from '../../expect.ts'
import type { Trial } from '../../trial.ts'
import { shown, type Answer } from '../../wire/answer.ts'

const SHA1 = '1.3.14.3.2.26'
/** What is wrong with a weak hash: itself, its length, or that the authorization was for a strong one. */
const WEAK_ROWS = ['hash-algorithm-invalid', 'digest-length', 'hash-not-authorized']
const SHA256_DIGEST_INFO = Buffer.from('3031300d060960864801650304020105000420', 'hex')

/** Algorithms, parameters and hashes that do not fit each other. */
export const SIGN_HASH_MISMATCHES: readonly CaseIn[] = [
  row({
    row: 'parameters-missing',
    rule: 'RSASSA-PSS without signAlgoParams is refused.',
    send: async (trial) => {
      const { body } = await preparedWith(trial, await offering(trial, PSS), pss('sha256'))
      return post(trial, SIGN_HASH, without(body, 'signAlgoParams'))
    },
  }),
  variants({
    name: 'parameters-no-text',
    row: 'parameters-missing',
    rule: 'signAlgoParams is a text.',
    send: async (trial) => {
      const { body } = await preparedWith(trial, await offering(trial, PSS), pss('sha256'))
      const wrong = [17, true, ['a'], { a: 'b' }, null]
      return Promise.all(wrong.map((signAlgoParams) => post(trial, SIGN_HASH, { ...body, signAlgoParams })))
    },
  }),
  rule({
    name: 'parameters-malformed',
    rule: 'signAlgoParams that are no base64, no DER, cut or followed by something, or of another hash, are refused.',
    attacks: ['H07'],
    run: async (trial) => {
      const prepared = await preparedWith(trial, await offering(trial, PSS), pss('sha256'))
      for (const signAlgoParams of malformedParameters())
        refused(await post(trial, SIGN_HASH, { ...prepared.body, signAlgoParams }))
      await signed(trial, prepared)
    },
  }),
  row({
    row: 'hash-algorithm-missing',
    rule: 'rsaEncryption without a hash algorithm is refused: nobody guesses the hash.',
    attacks: ['H03'],
    send: (trial) => withBareRsa(trial, undefined),
  }),
  row({
    row: 'hash-algorithm-invalid',
    rule: 'An unknown hash algorithm is refused.',
    attacks: ['H15'],
    send: (trial) => withBareRsa(trial, '1.2.3.4'),
  }),
  rule({
    name: 'hash-algorithm-odd',
    rule: 'The hash algorithm is an OID, digits and dots: a name, spaces or zeros in front are not read as one.',
    attacks: ['H15'],
    run: async (trial) => {
      const oid = HASH_OIDS.sha256
      const odd = [
        'SHA-256',
        'sha256',
        ` ${oid}`,
        `${oid} `,
        `0${oid}`,
        oid.replace('.16.', '.016.'),
        `${oid}.0`,
        '',
      ]
      for (const hashAlgo of odd) refused(await withBareRsa(trial, hashAlgo))
    },
  }),
  rule({
    name: 'sign-algorithm-odd',
    rule: 'signAlgo is an OID: leading zeros, blanks, words and very long arcs are no algorithm.',
    attacks: ['H15'],
    run: async (trial) => {
      const { body } = await prepare(trial)
      const right = String(body['signAlgo'])
      const long = `1.2.${'9'.repeat(5000)}`
      for (const signAlgo of [` ${right}`, `0${right}`, `${right}.`, 'SHA256withRSA', long, ''])
        refused(await post(trial, SIGN_HASH, { ...body, signAlgo }))
    },
  }),
  rule({
    name: 'weak-hashes',
    rule: 'SHA-1, MD5 and SHA-224 sign nothing.',
    attacks: ['H04'],
    run: async (trial) => {
      for (const hashAlgo of [SHA1, '1.2.840.113549.2.5', '2.16.840.1.101.3.4.2.4'])
        refusedAsOneOf(
          trial,
          await withBareRsa(trial, hashAlgo),
          WEAK_ROWS.map((name) => rowOf(trial, SIGN_HASH, name)),
        )
    },
  }),
  rule({
    name: 'weak-signature-algorithms',
    rule: 'sha1WithRSAEncryption, md5WithRSAEncryption and ecdsa-with-SHA1 sign nothing.',
    attacks: ['H04'],
    run: async (trial) => {
      const weak = { RSA: ['1.2.840.113549.1.1.5', '1.2.840.113549.1.1.4'], EC: ['1.2.840.10045.4.1'] }
      for (const key of ['RSA', 'EC'] as const) {
        const { body } = await prepare(trial, { key })
        for (const signAlgo of weak[key]) refused(await post(trial, SIGN_HASH, { ...body, signAlgo }))
      }
    },
  }),
  rule({
    name: 'hash-algorithm-contradicts',
    rule: 'A hash algorithm that contradicts signAlgo is ignored or refused: what signAlgo says is signed, or nothing.',
    attacks: ['H02'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const other = prepared.scheme.hash === 'sha512' ? HASH_OIDS.sha256 : HASH_OIDS.sha512
      const answer = await post(trial, SIGN_HASH, { ...prepared.body, [hashAlgorithmName(trial)]: other })
      trial.note(`seen: ${shown(answer).slice(0, 80)}`)
      if (answer.status === 200) verifiedIn(prepared, answer.json)
      else refused(answer)
    },
  }),
  row({
    row: 'sign-algorithm-invalid',
    rule: 'An unknown signAlgo is refused.',
    attacks: ['H05'],
    send: async (trial) => post(trial, SIGN_HASH, { ...(await prepare(trial)).body, signAlgo: '1.2.3.4' }),
  }),
  variants({
    name: 'sign-algorithm-of-another-key',
    row: 'sign-algorithm-invalid',
    rule: 'An algorithm for keys of another kind is refused: ECDSA with an RSA key, RSA with an EC key, Ed25519 with either.',
    attacks: ['H05'],
    send: async (trial) => {
      const [rsa, ec] = [await prepare(trial, { key: 'RSA' }), await prepare(trial, { key: 'EC' })]
      const { signAlgo: ofEc } = schemeOf(ec.credential, 'sha256')
      const { signAlgo: ofRsa } = schemeOf(rsa.credential, 'sha256')
      const sent: Answer[] = []
      for (const [{ body }, signAlgo] of [
        [rsa, ofEc],
        [ec, ofRsa],
        [rsa, '1.3.101.112'],
        [ec, '1.3.101.112'],
      ] as const)
        sent.push(
          await post(trial, SIGN_HASH, { ...body, signAlgo, [hashAlgorithmName(trial)]: HASH_OIDS.sha256 }),
        )
      return sent
    },
  }),
  rule({
    name: 'digest-of-no-hash',
    rule: 'Bytes as long as no hash are not authorized, or not signed.',
    attacks: ['H01'],
    run: async (trial) => {
      for (const length of [1, 20, 31, 33, 63, 65, 4096]) await neverSigned(trial, Buffer.alloc(length, 7))
    },
  }),
  rule({
    name: 'digest-info-as-hash',
    rule: 'A DigestInfo is no hash: it is not authorized, or not signed.',
    attacks: ['H08', 'H09'],
    run: (trial) => neverSigned(trial, Buffer.concat([SHA256_DIGEST_INFO, Buffer.alloc(32, 7)])),
  }),
]

async function withBareRsa(trial: Trial, hashAlgo: string | undefined): Promise<Answer> {
  const { body } = await preparedWith(trial, await offering(trial, RSA), bareRsa('sha256'))
  const name = hashAlgorithmName(trial)
  return post(trial, SIGN_HASH, hashAlgo === undefined ? without(body, name) : { ...body, [name]: hashAlgo })
}

function malformedParameters(): readonly string[] {
  const der = pssParameters('sha256')
  const encoded = (bytes: Buffer): string => bytes.toString('base64')
  return [
    'no base64',
    encoded(Buffer.from('no DER')),
    encoded(der.subarray(0, -3)),
    encoded(Buffer.concat([der, Buffer.from([5, 0])])),
    encoded(Buffer.concat([Buffer.from([0x30, 0x80]), der.subarray(2), Buffer.alloc(2)])),
    encoded(pssParameters('sha512')),
    encoded(Buffer.alloc(200_000, 0x30)),
  ]
}

/** Bytes that are no hash, at authorization and, where that takes them, at signing. */
async function neverSigned(trial: Trial, bytes: Buffer): Promise<void> {
  const one = await credential(trial)
  const scheme = schemeOf(one, usualHash(one))
  const document = { data: bytes, hash: bytes.toString('base64'), algorithm: scheme.hash }
  const answer = await askToAuthorize(trial, await authorizeBody(trial, one, [document]))
  trial.note(`seen: ${answer.status} at authorization`)
  if (answer.status !== 200) {
    refused(answer)
    return
  }
  const request = signHashBody(trial, one, sadIn(answer.json), [document], scheme)
  refusedAs(trial, await post(trial, SIGN_HASH, request), rowOf(trial, SIGN_HASH, 'digest-length'))
}
