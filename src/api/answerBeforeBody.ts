import type { Request, Response } from 'express'

/** Milliseconds that the rest of a body may take to come, which nobody reads. */
const LINGER = 10_000

/**
 * Answers a request whose body was not read, or not to its end, and closes the connection when the rest has come or has
 * taken too long. To close it at once would reset it: a client that is still sending would never see the answer.
 */
export function answerBeforeBody(request: Request, response: Response, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.set({
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': String(bytes.length),
    Connection: 'close',
  })
  response.write(bytes)
  const end = (): void => {
    clearTimeout(timer)
    response.end()
  }
  const timer = setTimeout(end, LINGER).unref()
  request.once('end', end).once('close', end).resume()
}
