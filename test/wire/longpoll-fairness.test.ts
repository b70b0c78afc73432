import t from 'tap'
import { startServer } from '../fixtures/server.js'

t.test('others are served while a POST of very many messages is worked off', async (t) => {
  const { app } = await startServer(t)
  const url = '/socket/longpoll?vsn=2.0.0'
  const { token } = (await app.inject(url)).json()
  const post = (lines: string[]) =>
    app.inject({
      method: 'POST',
      url: `${url}&token=${token}`,
      headers: { 'content-type': 'application/x-ndjson' },
      payload: lines.join('\n')
    })
  await post(['["1","1","room:a","phx_join",{}]'])

  let turns = 0
  let timer = setImmediate(function count() {
    turns++
    timer = setImmediate(count)
  })
  t.teardown(() => clearImmediate(timer))
  // Of an earlier join, so that nothing but reading them happens.
  const answer = await post(new Array(10_000).fill('["0","2","room:a","ping",{}]'))
  t.same(answer.json(), { status: 200 })
  t.ok(turns > 50, `${turns} turns of the event loop`)
})
