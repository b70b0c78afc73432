import t from 'tap'
import { startServer } from '../fixtures/server.js'

const header = 'x-phoenix-longpoll-token'
const join = '["1","1","room:a","phx_join",{}]'

// phoenix.js 1.9 sends it there, so that tokens are in no log of URLs; Phoenix takes it since 1.8.10.
t.test('the token of a session may come in a header', async (t) => {
  const { app } = await startServer(t)
  const url = '/socket/longpoll?vsn=2.0.0'
  const { token } = (await app.inject(url)).json()
  const headers = { [header]: token, 'content-type': 'application/x-ndjson' }
  t.same((await app.inject({ method: 'POST', url, headers, payload: join })).json(), { status: 200 })
  const { status, messages } = (await app.inject({ url, headers })).json()
  t.equal(status, 200)
  t.match(messages, [/phx_reply/])
})

t.test('the header goes before the parameter, which may be the token of the user', async (t) => {
  const { app } = await startServer(t)
  const url = '/socket/longpoll?vsn=2.0.0&token=a-token-of-the-user'
  const { token } = (await app.inject(url)).json()
  const answer = await app.inject({ method: 'POST', url, headers: { [header]: token }, payload: join })
  t.same(answer.json(), { status: 200 })
  const wrong = { [header]: 'nonsense' }
  const other = `/socket/longpoll?vsn=2.0.0&token=${token}`
  t.same((await app.inject({ method: 'POST', url: other, headers: wrong, payload: join })).json(), {
    status: 410
  })
})
