import type { RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests of one connection that may wait behind the one that is served. */
const MAX_WAITING = 8

interface Waiting {
  readonly response: ServerResponse
  serve(): void
}

/**
 * Serves the requests of one connection one after another; a connection with more than a few behind it is ended. Node
 * would begin with all that come, and of a connection that ends it tells only the answer that was being sent: whatever
 * was opened or taken for those behind would stay so for good.
 */
export function inTurn(listener: RequestListener): RequestListener {
  const queues = new WeakMap<Socket, Waiting[]>()

  const begin = (socket: Socket, queue: Waiting[], one: Waiting): void => {
    one.response.once('close', () => {
      const next = queue.shift()
      if (next === undefined) queues.delete(socket)
      // Without a socket where the connection ends after the answer before: nobody waits for it.
      else if (next.response.socket !== null) begin(socket, queue, next)
    })
    one.serve()
  }

  return (request, response) => {
    const { socket } = request
    const one: Waiting = {
      response,
      serve: () => {
        listener(request, response)
      },
    }
    const queue = queues.get(socket)
    if (queue === undefined) {
      const started: Waiting[] = []
      queues.set(socket, started)
      begin(socket, started, one)
    } else if (queue.length < MAX_WAITING) queue.push(one)
    else socket.destroy()
  }
}
