import t from 'tap'
import { brokenPollCases } from '../fixtures/broken-polls.js'
import { LongPollClient } from '../fixtures/longpoll-client.js'
import { startServer } from '../fixtures/server.js'

brokenPollCases(t, async (t) => {
  const { app, port } = await startServer(t, { limits: { queuedBytes: 0 } })
  return {
    client: new LongPollClient(port),
    broadcast: (event, payload) => app.phoenix.broadcast('room:a', event, payload),
    nextServer: () => app.server
  }
})
