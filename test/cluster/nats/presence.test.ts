import t from 'tap'
import { deafCase } from '../../fixtures/deaf-case.js'
import { startNatsProxy } from '../../fixtures/nats-proxy.js'
import { noNats, startNats } from '../../fixtures/nats-server.js'

t.test('rooms agree after a node was deaf', { skip: noNats() }, async (t) => {
  const server = await startNats(t)
  const proxy = await startNatsProxy(t, server.port)
  await deafCase(t, 'nats', server.url, proxy.url, () => proxy.deafen())
})
