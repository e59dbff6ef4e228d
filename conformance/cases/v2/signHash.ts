import { askToAuthorize } from '../../acts/askToAuthorize.ts'
import { authorizeBody, sadIn, without } from '../../acts/authorize.ts'
import { credential } from '../../acts/credential.ts'
import { newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { schemeOf, usualHash } from '../../acts/schemes.ts'
import { prepare, SIGN_HASH, signed, signHashBody } from '../../acts/signHash.ts'
import { casesOf, rule } from '../../case.ts'
import { answered, holds } from '../../expect.ts'
import { at, listAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { SIGN_HASH_CASES } from '../common/signHashCases.ts'
import { SIGN_HASH_COUNTS } from '../common/signHashCountCases.ts'

export const SIGN_HASH_SECTION = { version: 'v2', method: SIGN_HASH, clause: '11.10' } as const

/** What is signed, and how. */
export const signHash = casesOf(SIGN_HASH_SECTION, [
  ...SIGN_HASH_CASES,
  ...SIGN_HASH_COUNTS,
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
      const sad = sadIn(answered(await askToAuthorize(trial, wanted)))
      const scheme = schemeOf(one, usualHash(one))
      const body = signHashBody(trial, one, sad, documents, scheme)
      await signed(trial, { credential: one, documents, scheme, sad, body })
      const more = [newDocument(usualHash(one))]
      const again = await post(trial, SIGN_HASH, signHashBody(trial, one, sad, more, scheme))
      holds(again.status === 400, `one signature was authorized, a second one was answered ${again.status}`)
    },
  }),
])

async function signedWith(trial: Trial, members: object): Promise<void> {
  const prepared = await prepare(trial)
  await signed(trial, { ...prepared, body: { ...prepared.body, ...members } })
}
