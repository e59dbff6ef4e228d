import type { How, Trial } from '../trial.ts'
import type { Answer } from '../wire/answer.ts'
import { authorizationOf } from './login.ts'

/** A method of the API with a JSON body, as the user unless `how` says otherwise. Text is sent as it stands. */
export async function post(
  trial: Trial,
  method: string,
  body: object | string,
  how: How = {},
): Promise<Answer> {
  const authorization = 'authorization' in how ? how.authorization : await authorizationOf(trial, how.as)
  const contentType = 'contentType' in how ? how.contentType : 'application/json'
  return trial.send(
    {
      verb: how.verb ?? 'POST',
      path: method,
      headers: {
        ...(contentType === undefined ? {} : { 'content-type': contentType }),
        ...(authorization === undefined ? {} : { authorization }),
        ...how.headers,
      },
      ...(how.verb === 'GET' ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    },
    how.over,
  )
}
