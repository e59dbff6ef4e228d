import { without } from '../../acts/authorize.ts'
import { newDocument } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { prepare, SIGN_HASH, signed } from '../../acts/signHash.ts'
import { casesOf, row, rule } from '../../case.ts'

export const signHash = casesOf({ version: 'v1', method: SIGN_HASH, clause: '11.9' }, [
  rule({
    name: 'rsa-pkcs1',
    rule: 'An authorized hash gives an RSA PKCS#1 v1.5 signature that verifies.',
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
  row({
    row: 'sad-missing',
    rule: 'Without a SAD nothing is signed.',
    send: async (trial) => {
      const { body } = await prepare(trial)
      return post(trial, SIGN_HASH, without(body, 'SAD'))
    },
  }),
  row({
    row: 'hash-not-authorized',
    rule: 'A hash that the SAD was not given for is refused.',
    attacks: ['S07'],
    send: async (trial) => {
      const { body } = await prepare(trial, { scal: '2' })
      return post(trial, SIGN_HASH, { ...body, hash: [newDocument().hash] })
    },
  }),
])
