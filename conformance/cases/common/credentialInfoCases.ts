import { altered } from '../../acts/altered.ts'
import { credential } from '../../acts/credential.ts'
import { describedCredential, keyKind, usableCredentials, type Credential } from '../../acts/credentials.ts'
import { post } from '../../acts/post.ts'
import { keyFactsOf } from '../../acts/x509.ts'
import { row, rule, variants, type CaseIn } from '../../case.ts'
import { answered, holds, textIn } from '../../expect.ts'
import { at, numberAt, textAt, textsAt } from '../../json.ts'
import { NotRun } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { callerCases } from './callerCases.ts'
import { foreignCase } from './foreignCase.ts'
import { formCase } from './formCase.ts'

const METHOD = 'credentials/info'
const EVERYTHING = { certificates: 'chain', certInfo: true, authInfo: true }
const OID = /^[0-2](\.(0|[1-9]\d*))+$/
const WEAK = ['1.2.840.113549.1.1.5', '1.2.840.113549.1.1.4', '1.2.840.10045.4.1', '1.2.840.113549.1.1.14']
const FOR_RSA = /^1\.2\.840\.113549\.1\.1\./
const FOR_EC = /^(1\.2\.840\.10045\.|2\.16\.840\.1\.101\.3\.4\.3\.|0\.4\.0\.127\.0\.7\.1\.1\.4\.)/

export const CREDENTIAL_INFO_CASES: readonly CaseIn[] = [
  ...callerCases(async (trial) => ({ credentialID: (await credential(trial)).id })),
  rule({
    name: 'members',
    rule: 'Each credential has key/status, key/algo, key/len, multisign, and authMode (version 1) or auth/mode (version 2).',
    run: (trial) =>
      each(trial, (info) => {
        textIn(info, 'key/status')
        textIn(info, trial.version === 'v1' ? 'authMode' : 'auth/mode')
        holds(textsAt(info, 'key/algo').length > 0, 'key/algo is missing, or empty')
        holds(numberAt(info, 'key/len') !== undefined, 'key/len is missing, or no number')
        holds(numberAt(info, 'multisign') !== undefined, 'multisign is missing, or no number')
      }),
  }),
  rule({
    name: 'status',
    rule: 'key/status is enabled or disabled.',
    run: (trial) =>
      each(trial, (info) => {
        oneOf(info, 'key/status', ['enabled', 'disabled'])
      }),
  }),
  rule({
    name: 'algorithms',
    rule: 'key/algo has OIDs of algorithms that fit the key.',
    run: (trial) =>
      each(trial, (info, one) => {
        const fitting = keyKind(one) === 'RSA' ? FOR_RSA : FOR_EC
        for (const oid of textsAt(info, 'key/algo')) {
          holds(OID.test(oid), `key/algo has ${oid}, no OID`)
          holds(fitting.test(oid), `key/algo of a key of kind ${keyKind(one)} has ${oid}`)
        }
      }),
  }),
  rule({
    name: 'no-weak-algorithms',
    rule: 'No algorithm of key/algo has a hash weaker than SHA-256.',
    attacks: ['H04'],
    run: (trial) =>
      each(trial, (info) => {
        const weak = textsAt(info, 'key/algo').find((oid) => WEAK.includes(oid))
        holds(weak === undefined, `key/algo has ${weak ?? ''}`)
      }),
  }),
  rule({
    name: 'key-length',
    rule: "key/len is the length of the certificate's key in bits.",
    run: (trial) =>
      each(trial, (info, one) => {
        const { bits } = keyFactsOf(one.certificate)
        if (bits === undefined) return
        const told = numberAt(info, 'key/len')
        holds(told === bits, `key/len is ${told ?? 'missing'}, the certificate's key has ${bits} bits`)
      }),
  }),
  rule({
    name: 'curve',
    rule: "key/curve is the OID of an ECDSA key's curve, and other keys have none.",
    run: (trial) =>
      each(trial, (info, one) => {
        const { kind, curve } = keyFactsOf(one.certificate)
        const told = at(info, 'key/curve')
        if (kind === 'ec')
          holds(typeof told === 'string' && OID.test(told), 'key/curve is missing, or no OID')
        else holds(told === undefined, `key/curve is there for a key of kind ${kind}`)
        if (curve !== undefined) holds(told === curve, `key/curve is ${String(told)}, the key is on ${curve}`)
      }),
  }),
  rule({
    name: 'mode',
    rule: 'How a credential is authorized is told whether or not authInfo was asked for: implicit (version 1 only), explicit or oauth2code.',
    run: async (trial) => {
      const { id } = await credential(trial)
      const [path, modes] =
        trial.version === 'v1'
          ? (['authMode', ['implicit', 'explicit', 'oauth2code']] as const)
          : (['auth/mode', ['explicit', 'oauth2code']] as const)
      for (const authInfo of [true, false]) oneOf(await infoOn(trial, id, { authInfo }), path, modes)
    },
  }),
  rule({
    name: 'scal',
    rule: 'SCAL is the text 1 or 2; without it the credential is of level 1.',
    run: (trial) =>
      each(trial, (info) => {
        if (at(info, 'SCAL') !== undefined) oneOf(info, 'SCAL', ['1', '2'])
      }),
  }),
  rule({
    name: 'multisign',
    rule: 'multisign is a whole number of at least 1.',
    run: (trial) =>
      each(trial, (info) => {
        const multisign = at(info, 'multisign')
        holds(Number.isInteger(multisign) && Number(multisign) >= 1, `multisign is ${String(multisign)}`)
      }),
  }),
  rule({
    name: 'disabled',
    rule: 'A credential that cannot be used says key/status disabled.',
    run: async (trial) => {
      const { disabled, user } = trial.account
      if (disabled === undefined) throw new NotRun('a disabled credential (`disabled`)')
      const { info } = await describedCredential(trial, user, disabled)
      oneOf(info, 'key/status', ['disabled'])
    },
  }),
  rule({
    name: 'expired',
    rule: 'Where cert/status is given it is true: an expired certificate says expired.',
    run: async (trial) => {
      const { expired, user } = trial.account
      if (expired === undefined) throw new NotRun('a credential whose certificate has expired (`expired`)')
      const { info } = await describedCredential(trial, user, expired)
      if (at(info, 'cert/status') === undefined) trial.note('cert/status is left out')
      else oneOf(info, 'cert/status', ['expired'])
    },
  }),
  rule({
    name: 'language-not-there',
    rule: 'Who asks for a language that the service does not speak gets an answer all the same.',
    run: async (trial) => {
      await infoOn(trial, (await credential(trial)).id, { lang: 'tlh', authInfo: true })
    },
  }),
  rule({
    name: 'description-length',
    rule: 'A description has at most 255 characters.',
    run: (trial) =>
      each(trial, (info) => {
        const { length } = Array.from(textAt(info, 'description') ?? '')
        holds(length <= 255, `the description has ${length} characters`)
      }),
  }),
  row({
    row: 'credential-missing',
    rule: 'Without credentialID nothing is told.',
    send: (trial) => post(trial, METHOD, {}),
  }),
  variants({
    name: 'credential-no-text',
    row: 'credential-missing',
    rule: 'credentialID is a text.',
    send: (trial) =>
      Promise.all([17, true, ['a'], { a: 'b' }, null].map((id) => post(trial, METHOD, { credentialID: id }))),
  }),
  variants({
    name: 'member-in-other-case',
    row: 'credential-missing',
    rule: 'Names of members are written as the standard writes them: credentialId is another member.',
    send: async (trial) => [await post(trial, METHOD, { credentialId: (await credential(trial)).id })],
  }),
  row({
    row: 'credential-invalid',
    rule: 'A credential that does not exist is refused.',
    send: async (trial) => post(trial, METHOD, { credentialID: altered((await credential(trial)).id) }),
  }),
  variants({
    name: 'credential-odd',
    row: 'credential-invalid',
    rule: 'A credentialID that is no id at all is refused as one that does not exist.',
    send: async (trial) => {
      const { id } = await credential(trial)
      const odd = [`${id} `, `${id}\u0000`, `../${id}`, `${id}' OR '1'='1`, 'x'.repeat(100_000)]
      return Promise.all(odd.map((credentialID) => post(trial, METHOD, { credentialID })))
    },
  }),
  row({
    row: 'certificates-invalid',
    rule: 'certificates is none, single or chain.',
    send: async (trial) =>
      post(trial, METHOD, { credentialID: (await credential(trial)).id, certificates: 'all' }),
  }),
  variants({
    name: 'certificates-odd',
    row: 'certificates-invalid',
    rule: 'certificates is a text, in small letters.',
    send: async (trial) => {
      const { id: credentialID } = await credential(trial)
      const odd = [1, true, ['single'], {}, 'Single', '']
      return Promise.all(odd.map((certificates) => post(trial, METHOD, { credentialID, certificates })))
    },
  }),
  foreignCase(() => Promise.resolve({})),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text.',
    run: async (trial) => {
      const nothing = { certificates: null, certInfo: null, authInfo: null, lang: null }
      await infoOn(trial, (await credential(trial)).id, { ...nothing, clientData: 'case 17' })
    },
  }),
  formCase({
    good: async (trial) =>
      post(trial, METHOD, { credentialID: (await credential(trial)).id, certInfo: true, authInfo: true }),
    bad: (trial) => post(trial, METHOD, { credentialID: 'nothing' }),
  }),
]

async function infoOn(trial: Trial, credentialID: string, members: object): Promise<unknown> {
  return answered(await post(trial, METHOD, { credentialID, ...members }))
}

/** Judges what was told, with everything, of each credential that can be used. Throws NotRun when there is none. */
async function each(trial: Trial, judge: (info: unknown, one: Credential) => void): Promise<void> {
  const all = await usableCredentials(trial, trial.account.user)
  if (all.length === 0) throw new NotRun('an enabled credential with a certificate')
  for (const one of all) judge(await infoOn(trial, one.id, EVERYTHING), one)
}

function oneOf(info: unknown, path: string, allowed: readonly string[]): void {
  const value = at(info, path)
  holds(
    typeof value === 'string' && allowed.includes(value),
    `${path} is ${JSON.stringify(value)}, not ${allowed.join(' or ')}`,
  )
}
