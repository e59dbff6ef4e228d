import { IncomingMessage, ServerResponse } from 'node:http'
import type { Express } from 'express'

/**
 * The messages that an app wants, for the server in front of it. Express gives each message the app's prototype, and V8
 * gives an object whose prototype was changed new hidden classes, which no inline cache has ever seen. A message that is
 * made with that prototype keeps the classes of the one before.
 */
export function messageClasses(app: Express): {
  readonly IncomingMessage: typeof IncomingMessage
  readonly ServerResponse: typeof ServerResponse
} {
  class Request extends IncomingMessage {}
  class Response<R extends IncomingMessage> extends ServerResponse<R> {}
  Object.setPrototypeOf(Request.prototype, app.request)
  Object.setPrototypeOf(Response.prototype, app.response)
  Object.assign(app, { request: Request.prototype, response: Response.prototype })
  return { IncomingMessage: Request, ServerResponse: Response }
}
