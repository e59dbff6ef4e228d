import { casesOf, rule } from '../../case.ts'
import { holds, textIn } from '../../expect.ts'
import { at, textsAt } from '../../json.ts'
import { NotOffered } from '../../outcome.ts'
import { infoOf } from '../../run/offers.ts'
import { INFO_CASES } from '../common/infoCases.ts'

export const info = casesOf({ version: 'v1', method: 'info', clause: '11.1' }, [
  ...INFO_CASES,
  rule({
    name: 'specs',
    rule: 'specs is the version of the text, four numbers: 1.0.3.0, which the text of 1.0.4.0 still asks for, or 1.0.4.0.',
    run: async (trial) => {
      const specs = textIn(await infoOf(trial), 'specs')
      holds(['1.0.3.0', '1.0.4.0'].includes(specs), `specs is ${specs}`)
      trial.note(`seen: specs ${specs}`)
    },
  }),
  rule({
    name: 'oauth2',
    rule: 'A service with OAuth names the base URI of its authorization server in oauth2.',
    run: async (trial) => {
      const body = await infoOf(trial)
      const types = textsAt(body, 'authType').filter((one) => one.startsWith('oauth2'))
      if (types.length === 0 && at(body, 'oauth2') === undefined)
        throw new NotOffered('`authType` has neither oauth2code nor oauth2client')
      const oauth2 = textIn(body, 'oauth2')
      holds(URL.canParse(oauth2), `oauth2 is ${oauth2}, no URI`)
      if (/\/oauth2\/authorize\/?$/.test(oauth2))
        trial.warn('oauth2 is the whole URI of oauth2/authorize, where the text asks for the base')
    },
  }),
])
