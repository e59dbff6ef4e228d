import { altered } from '../../acts/altered.ts'
import { requireAsynchronous } from '../../acts/asynchronous.ts'
import { without, type Body } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { HASH_OIDS, newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { PSS, pssParameters, RSA } from '../../acts/schemes.ts'
import { prepare, SIGN_HASH, verifiedIn } from '../../acts/signHash.ts'
import { casesOf, row, rowOf, rule, variants, type CaseIn } from '../../case.ts'
import { answered, refused, refusedAs, refusedAsOneOf } from '../../expect.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { callerCases } from '../common/callerCases.ts'
import { foreignCase } from '../common/foreignCase.ts'
import { SIGN_HASH_SECTION } from './signHash.ts'

/** The rows of the table whose fault is in the request itself, and their neighbours. */
export const signHashRefusals = casesOf(SIGN_HASH_SECTION, [
  ...callerCases(async (trial) => (await prepare(trial)).body),
  foreignCase(async (trial) => (await prepare(trial)).body),
  changed('sad-missing', 'With a service token nothing is signed without a SAD.', (body) =>
    without(body, 'SAD'),
  ),
  shapes('sad-no-text', 'sad-missing', 'A SAD is a text.', 'SAD', [17, true, ['a'], { a: 'b' }, null]),
  changed('sad-invalid', 'A SAD that was never given out is refused.', (body) => ({
    ...body,
    SAD: altered(String(body['SAD'])),
  })),
  changed('credential-missing', 'Without credentialID no key is named.', (body) =>
    without(body, 'credentialID'),
  ),
  shapes('credential-no-text', 'credential-missing', 'credentialID is a text.', 'credentialID', [
    17,
    true,
    ['a'],
    {},
    null,
  ]),
  changed('credential-invalid', 'A credential that does not exist is refused.', (body) => ({
    ...body,
    credentialID: altered(String(body['credentialID'])),
  })),
  changed('hash-missing', 'Without hashes there is nothing to sign.', (body) => without(body, 'hashes')),
  shapes(
    'hash-no-list',
    'hash-missing',
    'hashes is a list: a text, a number or an object is none.',
    'hashes',
    [newDocument().hash, 17, { 0: newDocument().hash }],
    ['H13'],
  ),
  changed('hash-empty', 'An empty list of hashes is refused.', (body) => ({ ...body, hashes: [] }), ['H13']),
  changed('hash-no-base64', 'Each hash is standard base64.', (body) => ({
    ...body,
    hashes: ['!not base64!'],
  })),
  rule({
    name: 'hash-entry-no-text',
    rule: 'Each hash is a text: numbers, lists and null in the list are refused.',
    attacks: ['H13'],
    run: async (trial) => {
      const { body } = await prepare(trial)
      for (const hashes of [[17], [null], [[newDocument().hash]], [{ hash: newDocument().hash }]])
        refused(await post(trial, SIGN_HASH, { ...body, hashes }))
    },
  }),
  rule({
    name: 'hash-not-authorized',
    row: 'hash-not-authorized',
    rule: 'A hash that the SAD was not given for is refused.',
    attacks: ['S07'],
    run: async (trial) => {
      const { body, scheme } = await prepare(trial, { scal: '2' })
      const answer = await post(trial, SIGN_HASH, { ...body, hashes: [newDocument(scheme.hash).hash] })
      refusedAs(trial, answer, rowOf(trial, SIGN_HASH, 'hash-not-authorized'))
    },
  }),
  changed('sign-algorithm-missing', 'signAlgo must be there.', (body) => without(body, 'signAlgo')),
  shapes('sign-algorithm-no-text', 'sign-algorithm-missing', 'signAlgo is a text.', 'signAlgo', [
    17,
    true,
    ['1.2'],
    {},
  ]),
  withRsa('parameters-missing', 'RSASSA-PSS needs its parameters.', PSS, { signAlgo: PSS }),
  withRsa(
    'hash-algorithm-missing',
    'rsaEncryption needs hashAlgorithmOID.',
    RSA,
    { signAlgo: RSA, hashAlgorithmOID: undefined },
    ['H03'],
  ),
  withRsa(
    'hash-algorithm-invalid',
    'Where the hash algorithm counts, it must be one that the service has.',
    RSA,
    { signAlgo: RSA, hashAlgorithmOID: '1.2.3.4.5' },
    ['H15'],
  ),
  rule({
    name: 'weak-hash-algorithms',
    rule: 'SHA-1 and MD5 are weaker than SHA-256: with them nothing is signed, whatever the hash.',
    attacks: ['H04'],
    run: async (trial) => {
      const { body } = await prepare(trial, { key: 'RSA' })
      for (const weak of ['1.3.14.3.2.26', '1.2.840.113549.2.5'])
        refused(await post(trial, SIGN_HASH, { ...body, signAlgo: RSA, hashAlgorithmOID: weak }))
    },
  }),
  rule({
    name: 'weak-sign-algorithms',
    rule: 'Signature algorithms with SHA-1 are refused.',
    attacks: ['H04'],
    run: async (trial) => {
      const rsa = await prepare(trial, { key: 'RSA' })
      refused(await post(trial, SIGN_HASH, { ...rsa.body, signAlgo: '1.2.840.113549.1.1.5' }))
      const ec = await prepare(trial, { key: 'EC' })
      refused(await post(trial, SIGN_HASH, { ...ec.body, signAlgo: '1.2.840.10045.4.1' }))
    },
  }),
  changed(
    'sign-algorithm-invalid',
    'An algorithm that the key does not have is refused.',
    (body) => ({ ...body, signAlgo: '1.2.3.4.5' }),
    ['H15'],
  ),
  variants({
    name: 'algorithm-of-another-kind-of-key',
    row: 'sign-algorithm-invalid',
    rule: 'An algorithm of another kind of key is refused.',
    attacks: ['H05'],
    send: async (trial) => {
      const rsa = await prepare(trial, { key: 'RSA' })
      const ec = await prepare(trial, { key: 'EC' })
      return [
        await post(trial, SIGN_HASH, { ...rsa.body, signAlgo: '1.2.840.10045.4.3.2' }),
        await post(trial, SIGN_HASH, { ...ec.body, signAlgo: '1.2.840.113549.1.1.11' }),
      ]
    },
  }),
  rule({
    name: 'oids-malformed',
    rule: 'What is no OID is no algorithm: leading zeros, blanks, words, very long arcs.',
    attacks: ['H15'],
    run: async (trial) => {
      const { body } = await prepare(trial)
      const right = String(body['signAlgo'])
      for (const signAlgo of [
        ` ${right}`,
        `0${right}`,
        `${right}.`,
        'SHA256withRSA',
        `1.2.${'9'.repeat(5000)}`,
        '',
      ])
        refused(await post(trial, SIGN_HASH, { ...body, signAlgo }))
    },
  }),
  rule({
    name: 'hash-algorithm-contradicts',
    rule: 'A hashAlgorithmOID that contradicts signAlgo is ignored, or refused; never is another hash signed.',
    attacks: ['H02'],
    run: async (trial) => {
      const prepared = await prepare(trial)
      const other = prepared.scheme.hash === 'sha512' ? HASH_OIDS.sha256 : HASH_OIDS.sha512
      const answer = await post(trial, SIGN_HASH, { ...prepared.body, hashAlgorithmOID: other })
      trial.note(`seen: ${answer.status}`)
      if (answer.status === 200) verifiedIn(prepared, answered(answer))
      else refused(answer)
    },
  }),
  rule({
    name: 'pss-parameters-malformed',
    rule: 'Parameters of RSASSA-PSS that are no base64, no DER, cut, followed by more, or very long are refused.',
    attacks: ['H07'],
    run: async (trial) => {
      const { body } = await pssPrepared(trial)
      const good = pssParameters('sha256')
      const wrong = [
        good.subarray(0, -1),
        Buffer.concat([good, good]),
        Buffer.from('3080', 'hex'),
        Buffer.alloc(1 << 20),
      ]
      for (const signAlgoParams of ['!', ...wrong.map((bytes) => bytes.toString('base64'))])
        refused(await post(trial, SIGN_HASH, { ...body, signAlgo: PSS, signAlgoParams }))
    },
  }),
  rule({
    name: 'pss-parameters-of-another-hash',
    rule: 'Parameters of RSASSA-PSS for another hash than the one that was authorized are refused.',
    attacks: ['H02'],
    run: async (trial) => {
      const { body } = await pssPrepared(trial)
      const signAlgoParams = pssParameters('sha512').toString('base64')
      refused(await post(trial, SIGN_HASH, { ...body, signAlgo: PSS, signAlgoParams }))
    },
  }),
  changed('mode-invalid', 'operationMode is S or A.', (body) => ({ ...body, operationMode: 'Q' })),
  asynchronously('period-invalid', 'validity_period is a whole number of milliseconds.', {
    validity_period: 'soon',
  }),
  asynchronously('period-out-of-bounds', 'A validity_period beyond all bounds is refused.', {
    validity_period: 1e15,
  }),
  asynchronously('response-uri-invalid', 'response_uri is a URI.', { response_uri: 'nowhere at all' }),
  changed('client-data-invalid', 'clientData is a text.', (body) => ({ ...body, clientData: 17 })),
  rule({
    name: 'digest-length',
    row: 'digest-length',
    rule: 'A hash that is too short, too long or empty is refused: for its length, or because nobody could authorize it.',
    attacks: ['H01', 'H09'],
    run: async (trial) => {
      const { body } = await prepare(trial)
      const rows = ['digest-length', 'hash-not-authorized'].map((name) => rowOf(trial, SIGN_HASH, name))
      for (const length of [31, 33, 51, 64]) {
        const hashes = [Buffer.alloc(length, 7).toString('base64')]
        refusedAsOneOf(trial, await post(trial, SIGN_HASH, { ...body, hashes }), rows)
      }
    },
  }),
])

async function pssPrepared(trial: Trial): ReturnType<typeof prepare> {
  const { algos } = await credential(trial, { key: 'RSA' })
  if (!algos.includes(PSS)) throw new NotOffered(`the RSA key does not list ${PSS}`)
  return prepare(trial, { key: 'RSA' })
}

/** A row for a good request that was changed in one place. */
function changed(
  name: string,
  text: string,
  change: (body: Body) => Body,
  attacks: readonly string[] = [],
): CaseIn {
  return row({
    row: name,
    rule: text,
    attacks,
    send: async (trial) => post(trial, SIGN_HASH, change((await prepare(trial)).body)),
  })
}

/** Other shapes of a row's fault: values of one member. */
function shapes(
  name: string,
  of: string,
  text: string,
  member: string,
  values: readonly unknown[],
  attacks: readonly string[] = [],
): CaseIn {
  return variants({
    name,
    row: of,
    rule: text,
    attacks,
    send: async (trial) => {
      const { body } = await prepare(trial)
      return Promise.all(values.map((value) => post(trial, SIGN_HASH, { ...body, [member]: value })))
    },
  })
}

/** A row for an RSA key that lists the algorithm. */
function withRsa(
  name: string,
  text: string,
  algorithm: string,
  change: Body,
  attacks: readonly string[] = [],
): CaseIn {
  return row({
    row: name,
    rule: text,
    attacks,
    send: async (trial) => {
      const { credential: one, body } = await prepare(trial, { key: 'RSA' })
      if (!one.algos.includes(algorithm)) throw new NotOffered(`the RSA key does not list ${algorithm}`)
      return post(trial, SIGN_HASH, { ...body, ...change })
    },
  })
}

/** A row for a request in mode A. */
function asynchronously(name: string, text: string, change: Body): CaseIn {
  return row({
    row: name,
    rule: text,
    send: async (trial) => {
      await requireAsynchronous(trial)
      return post(trial, SIGN_HASH, { ...(await prepare(trial)).body, operationMode: 'A', ...change })
    },
  })
}
