import assert from 'node:assert/strict'
import express from 'express'
import { createServer, listen, stop } from '../../../src/adapters/httpServer.ts'
import { messageClasses } from '../../../src/api/messageClasses.ts'

describe('messageClasses', () => {
  it('makes messages that Express finds as it wants them, and that are still the app’s', async () => {
    const app = express()
    const seen: unknown[] = []
    app.use((asked, answer) => {
      seen.push(Object.getPrototypeOf(asked), Object.getPrototypeOf(answer))
      answer.json({ path: asked.path, app: asked.app === app })
    })
    const classes = messageClasses(app)
    const made: unknown[] = []
    const server = createServer(
      (asked, answer) => {
        made.push(Object.getPrototypeOf(asked), Object.getPrototypeOf(answer))
        app(asked, answer)
      },
      undefined,
      classes,
    )
    const port = await listen(server, { host: '127.0.0.1', port: 0 })
    try {
      const answer = await fetch(`http://127.0.0.1:${port}/one`)
      assert.deepEqual(await answer.json(), { path: '/one', app: true })
      // Equal before and after: Express changed no prototype.
      assert.deepEqual(
        made.map((prototype, index) => prototype === seen[index]),
        [true, true],
      )
    } finally {
      await stop(server, 1000)
    }
  })
})
