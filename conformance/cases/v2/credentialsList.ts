import { credentialIds } from '../../acts/credentials.ts'
import { isUserSpecific } from '../../acts/isUserSpecific.ts'
import { post } from '../../acts/post.ts'
import { otherUser } from '../../acts/users.ts'
import { casesOf, row, rule } from '../../case.ts'
import { answered, holds, refusedAs } from '../../expect.ts'
import { at, listAt, textAt, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import type { Trial } from '../../trial.ts'
import { callerCases } from '../common/callerCases.ts'
import { foreignCredential } from '../common/foreignCase.ts'
import { formCase } from '../common/formCase.ts'

const METHOD = 'credentials/list'
const SECTION = { version: 'v2', method: METHOD, clause: '11.4' } as const
const EVERYTHING = { certificates: 'chain', certInfo: true, authInfo: true }

export const credentialsList = casesOf(SECTION, [
  ...callerCases(() => Promise.resolve({})),
  rule({
    name: 'members',
    rule: 'credentialIDs is a list of texts, each credential once.',
    run: async (trial) => {
      const ids = at(await list(trial, {}), 'credentialIDs')
      holds(
        Array.isArray(ids) && ids.every((id) => typeof id === 'string'),
        'credentialIDs is no list of texts',
      )
      holds(new Set(ids).size === ids.length, 'credentialIDs has one twice')
    },
  }),
  rule({
    name: 'infos-unasked',
    rule: 'Without credentialInfo there are no credentialInfos; certificates, certInfo and authInfo then count for nothing.',
    run: async (trial) => {
      for (const members of [{}, { credentialInfo: false }, EVERYTHING]) {
        const body = await list(trial, members)
        holds(at(body, 'credentialInfos') === undefined, 'credentialInfos came that nobody asked for')
      }
    },
  }),
  rule({
    name: 'certificates-ignored-without-info',
    rule: 'Without credentialInfo the value of certificates is ignored; a service may refuse one that nobody knows all the same.',
    level: 'SHOULD',
    run: async (trial) => {
      await list(trial, { certificates: 'chain', credentialInfo: false })
    },
  }),
  rule({
    name: 'infos',
    rule: 'With credentialInfo each credential of the list is described, once, by its credentialID.',
    run: async (trial) => {
      const body = await list(trial, { credentialInfo: true })
      const described = listAt(body, 'credentialInfos').map((one) => textAt(one, 'credentialID') ?? '')
      holds(
        described.toSorted().join() === textsAt(body, 'credentialIDs').toSorted().join(),
        `described are ${described.join(', ')}`,
      )
    },
  }),
  rule({
    name: 'infos-are-credentials-info',
    rule: 'What the list tells of a credential is what credentials/info tells of it.',
    run: async (trial) => {
      const body = await list(trial, { credentialInfo: true, ...EVERYTHING })
      for (const listed of listAt(body, 'credentialInfos')) {
        const credentialID = textAt(listed, 'credentialID')
        const told = answered(await post(trial, 'credentials/info', { credentialID, ...EVERYTHING }))
        for (const name of ['key', 'cert', 'auth', 'SCAL', 'multisign', 'description'])
          holds(
            JSON.stringify(at(listed, name)) === JSON.stringify(at(told, name)),
            `${name} of ${credentialID ?? ''} differs`,
          )
      }
    },
  }),
  rule({
    name: 'infos-gated',
    rule: 'In the list, too, certInfo and authInfo must be asked for; auth/mode always comes.',
    run: async (trial) => {
      for (const one of listAt(await list(trial, { credentialInfo: true }), 'credentialInfos')) {
        holds(textAt(one, 'auth/mode') !== undefined, 'auth/mode is missing')
        for (const path of ['auth/objects', 'cert/subjectDN', 'cert/validTo'])
          holds(at(one, path) === undefined, `${path} came that nobody asked for`)
      }
    },
  }),
  rule({
    name: 'infos-without-certificates',
    rule: 'With certificates none no entry has cert/certificates.',
    run: async (trial) => {
      const body = await list(trial, { credentialInfo: true, certificates: 'none' })
      for (const one of listAt(body, 'credentialInfos'))
        holds(at(one, 'cert/certificates') === undefined, 'a certificate came that was declined')
    },
  }),
  rule({
    name: 'only-valid',
    rule: 'onlyValid, where it is heeded, is repeated as true, and the list has none that cannot sign; where it is not, it is left out.',
    run: async (trial) => {
      const body = await list(trial, { onlyValid: true, credentialInfo: true, certInfo: true })
      const told = at(body, 'onlyValid')
      trial.note(`seen: onlyValid ${told === undefined ? 'left out' : JSON.stringify(told)}`)
      if (told !== true) {
        holds(told === undefined || told === false, `onlyValid is ${JSON.stringify(told)}`)
        return
      }
      for (const one of listAt(body, 'credentialInfos'))
        holds(textAt(one, 'key/status') === 'enabled', 'the list has a disabled key')
      const { disabled, expired } = trial.account
      const unfit = textsAt(body, 'credentialIDs').find((id) => id === disabled || id === expired)
      holds(unfit === undefined, `the list has ${unfit ?? ''}, which cannot sign`)
    },
  }),
  rule({
    name: 'only-valid-unasked',
    rule: 'Who does not ask for onlyValid is not told that it is so.',
    run: async (trial) => {
      holds(at(await list(trial, {}), 'onlyValid') !== true, 'onlyValid is true, though nobody asked for it')
    },
  }),
  rule({
    name: 'only-own',
    rule: 'Two users see no credential of each other.',
    attacks: ['I02'],
    run: async (trial) => {
      const others = await credentialIds(trial, otherUser(trial))
      const mine = textsAt(await list(trial, {}), 'credentialIDs')
      const both = mine.find((id) => others.includes(id))
      holds(both === undefined, `both users see ${both ?? ''}`)
      holds(!mine.includes(await foreignCredential(trial)), "the list has another user's credential")
    },
  }),
  row({
    row: 'user-id-given',
    rule: 'Where the token is of a user, the request names none.',
    attacks: ['I02'],
    send: async (trial) => {
      await isUserSpecific(trial, true)
      return post(trial, METHOD, { userID: 'somebody' })
    },
  }),
  rule({
    name: 'user-id-empty',
    rule: 'A userID that is null or empty names nobody, and is no error.',
    run: async (trial) => {
      for (const userID of [null, '']) await list(trial, { userID })
    },
  }),
  row({
    row: 'user-id-invalid',
    rule: 'Where the token is of no user, a malformed userID is refused.',
    send: async (trial) => {
      if (!('none' in trial.account.user.authentication))
        throw new NotOffered('the token is of a user, so that any userID is refused by another row')
      return post(trial, METHOD, { userID: '\u0000' })
    },
  }),
  row({
    row: 'certificates-invalid',
    rule: 'Where infos are asked for, certificates is none, single or chain.',
    send: async (trial) => post(trial, METHOD, { credentialInfo: true, certificates: 'all' }),
  }),
  rule({
    name: 'certificates-odd',
    rule: 'certificates is a text, in small letters.',
    run: async (trial) => {
      for (const certificates of [1, true, ['single'], 'Single']) {
        const answer = await post(trial, METHOD, { credentialInfo: true, certificates })
        refusedAs(trial, answer, trial.errors.row(SECTION, 'certificates-invalid'))
      }
    },
  }),
  rule({
    name: 'optional-members',
    level: 'SHOULD',
    rule: '`null` stands for an optional member that is not given; clientData is any text; unknown members, such as the paging of version 1, are ignored.',
    run: async (trial) => {
      const nothing = {
        credentialInfo: null,
        certificates: null,
        certInfo: null,
        authInfo: null,
        onlyValid: null,
      }
      await list(trial, { ...nothing, lang: null, clientData: 'case 17', maxResults: 1, someOtherMember: {} })
    },
  }),
  formCase({
    good: (trial) => post(trial, METHOD, { credentialInfo: true, ...EVERYTHING }),
    bad: (trial) => post(trial, METHOD, { credentialInfo: true, certificates: 'all' }),
  }),
])

async function list(trial: Trial, members: object): Promise<unknown> {
  return answered(await post(trial, METHOD, members))
}
