import { once } from 'node:events'
import t from 'tap'
import { WebSocket } from 'ws'
import { startReferenceServer } from '../fixtures/reference-server.js'

/** What becomes of a connect that came through a proxy, which loaded the page from elsewhere. */
async function connectThroughProxy(t: import('tap').Test, trustProxy: string): Promise<string> {
  const env = { TOKEN_SECRET: 'secret-secret-secret-secret-secret', TRUST_PROXY: trustProxy }
  const { url, tokenFor } = await startReferenceServer(t, { ...env, WEBRTC: 'off' })
  const headers = {
    origin: 'https://app.example',
    'x-forwarded-host': 'app.example',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-proto': 'https'
  }
  const query = `vsn=2.0.0&token=${await tokenFor('alice')}`
  const ws = new WebSocket(`ws${url.slice(4)}/socket/websocket?${query}`, { headers })
  t.teardown(() => ws.terminate())
  const outcome = await Promise.race([once(ws, 'open'), once(ws, 'unexpected-response')])
  return outcome.length === 0 ? 'open' : outcome[1].statusCode
}

t.test('a proxy that is trusted says from where a page was loaded', async (t) => {
  for (const trusted of ['on', '1', '127.0.0.1', 'loopback']) {
    t.equal(await connectThroughProxy(t, trusted), 'open', trusted)
  }
  for (const other of ['off', '0', '10.0.0.0/8']) t.equal(await connectThroughProxy(t, other), 403, other)
})
