import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { LastRequests } from '../../plugins/last-requests.js'

for (const order of ['watches newcomers', 'is told too late to watch newcomers'] as const) {
  t.test(`a server that ${order} keeps no idle connection when it closes`, async (t) => {
    const app = Fastify()
    app.get('/', () => 'here')
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    const requests = new LastRequests(app)
    const idle = connect(Number(new URL(url).port), '127.0.0.1')
    t.teardown(() => idle.destroy())
    idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(idle, 'data')
    if (order === 'watches newcomers') requests.watchNewcomers()
    await requests.newcomersAsked()
    requests.watchNewcomers()
    const ended = once(idle, 'close')
    await app.close()
    await ended
    t.ok(idle.destroyed)
  })
}
