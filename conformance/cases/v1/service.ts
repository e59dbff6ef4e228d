import { post } from '../../acts/post.ts'
import { casesOf, rule } from '../../case.ts'
import { answered, holds } from '../../expect.ts'
import { ERROR_CASES, TRANSPORT_CASES } from '../common/serviceCases.ts'

const LIST = 'credentials/list'

/** Clauses 7.x and 10 of version 1. */
export const service = [
  ...casesOf({ version: 'v1', method: 'service', clause: '7.1' }, TRANSPORT_CASES),
  ...casesOf({ version: 'v1', method: 'service', clause: '7.2' }, [
    rule({
      name: 'base-uri',
      rule: 'The base URI ends with /csc/v1.',
      run: (trial) => {
        const { pathname } = new URL(trial.service.baseUrl)
        holds(/\/csc\/v1\/?$/.test(pathname), `the base URI is ${trial.service.baseUrl}`)
        return Promise.resolve()
      },
    }),
  ]),
  ...casesOf({ version: 'v1', method: 'service', clause: '7.3' }, [
    rule({
      name: 'https',
      level: 'SHOULD',
      rule: 'The connection is protected by TLS; without it the network itself must be.',
      run: (trial) => {
        holds(new URL(trial.service.baseUrl).protocol === 'https:', 'the base URI is not https')
        return Promise.resolve()
      },
    }),
  ]),
  ...casesOf({ version: 'v1', method: 'service', clause: '7.1' }, [
    rule({
      name: 'client-data-not-repeated',
      rule: 'clientData is taken, and stands in no answer.',
      run: async (trial) => {
        const clientData = 'client-data-of-the-suite'
        const answer = await post(trial, LIST, { clientData })
        answered(answer)
        holds(!answer.text.includes(clientData), 'clientData is repeated in the answer')
      },
    }),
  ]),
  ...casesOf({ version: 'v1', method: 'service', clause: '10' }, ERROR_CASES),
]
