import { AUTHORIZE, authorizeBody, sadIn, without } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { bareRsa, pss, PSS, RSA, schemeOf, usualHash, type Scheme } from '../../acts/schemes.ts'
import { prepare, SIGN_HASH, signed, signHashBody } from '../../acts/signHash.ts'
import { casesOf, rule, type CaseIn } from '../../case.ts'
import { answered, holds } from '../../expect.ts'
import { at, listAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { formCase } from '../common/formCase.ts'

export const SIGN_HASH_SECTION = { version: 'v2', method: SIGN_HASH, clause: '11.10' } as const

/** What is signed, and how. */
export const signHash = casesOf(SIGN_HASH_SECTION, [
  rule({
    name: 'rsa-pkcs1',
    rule: 'An authorized hash gives an RSA PKCS#1 v1.5 signature that verifies: the hash is wrapped once.',
    attacks: ['H08'],
    run: async (trial) => {
      await signed(trial, await prepare(trial, { key: 'RSA' }))
    },
  }),
  rule({
    name: 'ecdsa',
    rule: 'An authorized hash gives an ECDSA signature in DER that verifies.',
    attacks: ['H10'],
    run: async (trial) => {
      await signed(trial, await prepare(trial, { key: 'EC' }))
    },
  }),
  rule({
    name: 'ecdsa-der-minimal',
    rule: 'The integers of ECDSA signatures are written as short as DER demands, whatever their first bits are.',
    attacks: ['H10'],
    run: async (trial) => {
      const one = await credential(trial, { key: 'EC' })
      const count = Math.min(one.multisign, 24)
      const prepared = await prepare(trial, { key: 'EC', count })
      for (const signature of await signed(trial, prepared))
        holds(isMinimal(Buffer.from(signature, 'base64')), `the DER is not minimal: ${signature}`)
    },
  }),
  withRsa(
    'rsa-hash-told-apart',
    'rsaEncryption signs with the hash that hashAlgorithmOID names.',
    RSA,
    bareRsa('sha256'),
  ),
  withRsa(
    'rsa-hash-told-apart-sha512',
    'The hash that hashAlgorithmOID names may be SHA-512.',
    RSA,
    bareRsa('sha512'),
  ),
  withRsa('rsa-pss', 'RSASSA-PSS signs with the salt and the hash of its parameters.', PSS, pss('sha256')),
  withRsa(
    'rsa-pss-sha384',
    'RSASSA-PSS with SHA-384 has that hash, and a salt of its length.',
    PSS,
    pss('sha384'),
  ),
  rule({
    name: 'several-in-order',
    rule: 'Several hashes give as many signatures, in the order of the request.',
    run: async (trial) => {
      await signed(trial, await prepare(trial, { count: 5 }))
    },
  }),
  rule({
    name: 'order-of-authorization-is-free',
    rule: 'The hashes may come in another order than at authorization; the signatures follow the request.',
    run: async (trial) => {
      const prepared = await prepare(trial, { count: 5 })
      const documents = prepared.documents.toReversed()
      const body = { ...prepared.body, hashes: documents.map(({ hash }) => hash) }
      await signed(trial, { ...prepared, documents, body })
    },
  }),
  rule({
    name: 'hash-algorithm-not-needed',
    rule: 'Where signAlgo says which hash it has, hashAlgorithmOID may be left out.',
    run: async (trial) => {
      const prepared = await prepare(trial)
      if (prepared.scheme.hashAlgo !== undefined)
        throw new NotOffered('the key lists no algorithm with its hash')
      await signed(trial, { ...prepared, body: without(prepared.body, 'hashAlgorithmOID') })
    },
  }),
  rule({
    name: 'mode-s-is-the-default',
    rule: 'Without operationMode, and with S, the signatures come at once, and no responseID.',
    run: async (trial) => {
      for (const operationMode of [undefined, 'S']) {
        const prepared = await prepare(trial)
        const body = answered(await post(trial, SIGN_HASH, { ...prepared.body, operationMode }))
        holds(at(body, 'responseID') === undefined, 'a responseID came, though mode A was not asked for')
        holds(listAt(body, 'signatures').length === 1, 'the signature is missing')
      }
    },
  }),
  rule({
    name: 'mode-s-ignores-period',
    rule: 'In mode S validity_period is ignored, whatever it is.',
    run: async (trial) => {
      for (const period of [-1, 'soon', 1e15]) await signedWith(trial, { validity_period: period })
    },
  }),
  rule({
    name: 'mode-s-ignores-response-uri',
    rule: 'In mode S response_uri is ignored, whatever it is.',
    run: async (trial) => {
      for (const uri of [null, 'nowhere at all', 17]) await signedWith(trial, { response_uri: uri })
    },
  }),
  rule({
    name: 'null-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text.',
    run: async (trial) => {
      const nothing = { signAlgoParams: null, operationMode: null, validity_period: null, response_uri: null }
      await signedWith(trial, { ...nothing, clientData: 'case 17' })
    },
  }),
  rule({
    name: 'scal-1-without-hashes',
    rule: 'A SAD of SCAL 1 that names no hashes signs what comes, and no more than its number of signatures.',
    run: async (trial) => {
      const one = await credential(trial, { scal: '1' })
      const documents = [newDocument(usualHash(one))]
      const wanted = without(await authorizeBody(trial, one, documents), 'hashes', 'hashAlgorithmOID')
      const sad = sadIn(answered(await post(trial, AUTHORIZE, wanted)))
      const scheme = schemeOf(one, usualHash(one))
      const body = signHashBody(trial, one, sad, documents, scheme)
      await signed(trial, { credential: one, documents, scheme, sad, body })
      const more = [newDocument(usualHash(one))]
      const again = await post(trial, SIGN_HASH, signHashBody(trial, one, sad, more, scheme))
      holds(again.status === 400, `one signature was authorized, a second one was answered ${again.status}`)
    },
  }),
  formCase({
    good: async (trial) => post(trial, SIGN_HASH, (await prepare(trial)).body),
    bad: async (trial) => post(trial, SIGN_HASH, without((await prepare(trial)).body, 'SAD')),
  }),
])

async function signedWith(trial: Trial, members: object): Promise<void> {
  const prepared = await prepare(trial)
  await signed(trial, { ...prepared, body: { ...prepared.body, ...members } })
}

/** The algorithm must be in the key's own list. */
function withRsa(name: string, text: string, algorithm: string, scheme: Scheme): CaseIn {
  return rule({
    name,
    rule: text,
    run: async (trial) => {
      const one = await credential(trial, { key: 'RSA' })
      if (!one.algos.includes(algorithm)) throw new NotOffered(`the RSA key does not list ${algorithm}`)
      await signed(trial, await prepare(trial, { key: 'RSA', scheme }))
    },
  })
}

/** Whether a SEQUENCE has exactly two INTEGERs without a superfluous first byte. */
function isMinimal(der: Buffer): boolean {
  const start = der[1] === 0x81 ? 3 : 2
  const length = start === 3 ? der[2] : der[1]
  if (der[0] !== 0x30 || length !== der.length - start) return false
  let here = start
  for (let count = 0; count < 2; count++) {
    const size = der[here + 1] ?? 0
    const [first = 0, second = 0] = der.subarray(here + 2, here + 4)
    if (der[here] !== 0x02 || size === 0 || first >= 0x80) return false
    if (size > 1 && first === 0 && second < 0x80) return false
    here += 2 + size
  }
  return here === der.length
}
