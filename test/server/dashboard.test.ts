import t from 'tap'
import { program, startServer } from '../fixtures/server-process.js'

const status = async (url: string, token?: string): Promise<number> => {
  const headers = { connection: 'close', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const answer = await fetch(`${url}/dashboard/session`, { headers })
  await answer.arrayBuffer()
  return answer.status
}

t.test('on a loopback host a random token is printed, and is the one of all workers', async (t) => {
  const { url, stdout, stderr } = await startServer(t, program, { args: ['--workers', '2'] })
  const [, token] = new RegExp(`^dashboard at ${url}/dashboard, token (\\S{20,})$`, 'm').exec(stderr()) ?? []
  t.ok(token)
  t.notMatch(stdout(), `${token}`)
  for (let i = 0; i < 4; i++) t.equal(await status(url, token), 204)
  t.equal(await status(url), 401)
})

t.test('a token that is given is not printed', async (t) => {
  const token = 'a token of the operators'
  const { url, stderr } = await startServer(t, program, { env: { DASHBOARD_TOKEN: token } })
  t.equal(await status(url, token), 204)
  t.notMatch(stderr(), token)
  t.notMatch(stderr(), /dashboard/)
})

t.test('elsewhere than on a loopback host there is none without a token', async (t) => {
  const without = await startServer(t, program, { env: { HOST: '0.0.0.0' } })
  t.equal(await status(`http://127.0.0.1:${without.port}`), 404)
  const given = await startServer(t, program, {
    env: { HOST: '0.0.0.0', TOKEN_SECRET: 'x'.repeat(32) },
    args: ['--dashboard-token', 'a token of the operators']
  })
  t.equal(await status(`http://127.0.0.1:${given.port}`, 'a token of the operators'), 204)
})
