import t from 'tap'
import { brokenPollCases } from '../fixtures/broken-polls.js'
import { LongPollClient } from '../fixtures/longpoll-client.js'
import { startNodes } from '../fixtures/nodes.js'
import type { TestServer } from '../fixtures/server.js'

// Each request reaches another node.
brokenPollCases(t, async (t) => {
  const mount = { limits: { queuedBytes: 0 }, longpoll: { windowMs: 5_000 } }
  const { nodes } = await startNodes(t, 3, mount)
  let turn = 0
  const next = (): TestServer => nodes[turn % nodes.length] as TestServer
  const holder = next()
  return {
    client: new LongPollClient(() => {
      const { port } = next()
      turn++
      return port
    }),
    broadcast: (event, payload) => holder.app.phoenix.broadcast('room:a', event, payload),
    nextServer: () => next().app.server
  }
})
