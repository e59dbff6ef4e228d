import { offering, oneOfEachKind, preparedWith } from '../../acts/offering.ts'
import { credential } from '../../acts/credential.ts'
import type { HashName } from '../../acts/documents.ts'
import { post } from '../../acts/post.ts'
import { bareRsa, offeredSchemes, pss, PSS, pssParameters, RSA } from '../../acts/schemes.ts'
import { SIGN_HASH, signed, verifiedIn } from '../../acts/signHash.ts'
import { rule, type CaseIn } from '../../case.ts'
import { holds, refused } from '../../expect.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'

/** As printed in the texts and sent by clients: SHA-256, MGF1 with SHA-256, salt 32, the trailer field written out. */
const PRINTED_PSS = 'MDmgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEgowMCAQE='

/** Algorithms and their parameters. */
export const SIGN_HASH_ALGORITHMS: readonly CaseIn[] = [
  rule({
    name: 'every-algorithm',
    rule: 'Each algorithm of key/algo signs as its OID says, with each hash that goes with it.',
    run: async (trial) => {
      let count = 0
      for (const one of await oneOfEachKind(trial))
        for (const scheme of offeredSchemes(one)) {
          await signed(trial, await preparedWith(trial, one, scheme))
          count++
        }
      holds(count > 0, 'key/algo has no algorithm that this suite can verify')
      trial.note(`seen: ${count} combinations of key, algorithm and hash`)
    },
  }),
  rule({
    name: 'rsa-hash-told-apart',
    rule: 'With rsaEncryption the hash is told apart: PKCS#1 v1.5, the DigestInfo added once.',
    attacks: ['H08'],
    run: async (trial) => {
      await signed(trial, await preparedWith(trial, await offering(trial, RSA), bareRsa('sha256')))
    },
  }),
  rule({
    name: 'rsa-hash-told-apart-sha512',
    rule: 'The hash that is told apart may be SHA-512.',
    run: async (trial) => {
      await signed(trial, await preparedWith(trial, await offering(trial, RSA), bareRsa('sha512')))
    },
  }),
  ...(['sha384', 'sha512'] as const).flatMap((hash) => [
    rule({
      name: `rsa-${hash}`,
      rule: `An RSA key signs ${hash === 'sha384' ? 'SHA-384' : 'SHA-512'}, where key/algo offers it.`,
      run: (trial) => signedWith(trial, 'RSA', hash),
    }),
    rule({
      name: `ecdsa-${hash}`,
      rule: `An ECDSA key signs ${hash === 'sha384' ? 'SHA-384' : 'SHA-512'}, where key/algo offers it.`,
      run: (trial) => signedWith(trial, 'EC', hash),
    }),
  ]),
  ...(['sha256', 'sha384', 'sha512'] as const).map((hash) =>
    rule({
      name: `pss-${hash}`,
      rule: `RSASSA-PSS with ${hash.replace('sha', 'SHA-')}, its MGF1 and a salt as long, as signAlgoParams says.`,
      run: async (trial) => {
        await signed(trial, await preparedWith(trial, await offering(trial, PSS), pss(hash)))
      },
    }),
  ),
  rule({
    name: 'pss-as-printed',
    level: 'SHOULD',
    rule: 'Parameters of RSASSA-PSS with the trailer field written out, as clients send them, are taken.',
    attacks: ['H07'],
    run: async (trial) => {
      const scheme = { ...pss('sha256'), signAlgoParams: PRINTED_PSS }
      await signed(trial, await preparedWith(trial, await offering(trial, PSS), scheme))
    },
  }),
  ...[20, 48].map((saltLength) =>
    rule({
      name: saltLength < 32 ? 'pss-short-salt' : 'pss-long-salt',
      rule: `A salt of ${saltLength} bytes is used when it is asked for, or the request is refused; never another one.`,
      run: async (trial) => {
        const signAlgoParams = pssParameters('sha256', saltLength).toString('base64')
        const scheme = { ...pss('sha256'), signAlgoParams, saltLength }
        const prepared = await preparedWith(trial, await offering(trial, PSS), scheme)
        const answer = await post(trial, SIGN_HASH, prepared.body)
        trial.note(`seen: ${answer.status}`)
        if (answer.status === 200) verifiedIn(prepared, answer.json)
        else refused(answer)
      },
    }),
  ),
]

async function signedWith(trial: Trial, key: 'RSA' | 'EC', hash: HashName): Promise<void> {
  const one = await credential(trial, { key })
  const scheme = offeredSchemes(one).find((offered) => offered.hash === hash && offered.kind !== 'pss')
  if (scheme === undefined) throw new NotOffered(`key/algo of ${one.id} has nothing with ${hash}`)
  await signed(trial, await preparedWith(trial, one, scheme))
}
