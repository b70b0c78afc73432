import t from 'tap'
import { refusal } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'

/** The page of a name that its owner let point here: its browser sends that name as Host, and as Origin. */
const rebound = { headers: { host: 'evil.example', origin: 'http://evil.example' } }

t.test(
  'with a host of its own a mount is not reached by pages of other names that point to it',
  async (t) => {
    const { url, app } = await startServer(t, { host: 'app.example' })
    t.equal(await refusal(url, 'user_id=alice', rebound), 403)
    const poll = await app.inject({ url: '/socket/longpoll?vsn=2.0.0&user_id=alice', ...rebound })
    t.match(poll.json(), { status: 403 })
    const post = await app.inject({ method: 'POST', url: '/socket/longpoll?token=x', body: '', ...rebound })
    t.match(post.json(), { status: 403 })
    const own = { headers: { host: '127.0.0.1', origin: 'https://app.example' } }
    const started = await app.inject({ url: '/socket/longpoll?vsn=2.0.0&user_id=alice', ...own })
    t.match(started.json(), { status: 410, token: String })
  }
)

t.test('without one it takes the name of the request, as behind any proxy', async (t) => {
  const { app } = await startServer(t)
  const poll = await app.inject({ url: '/socket/longpoll?vsn=2.0.0&user_id=alice', ...rebound })
  t.match(poll.json(), { status: 410 })
})
