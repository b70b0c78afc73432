import { once } from 'node:events'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { type PhoenixOptions, refuse } from '../../plugins/phoenix.js'
import { connectRaw } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'

const secret = 'c2VjcmV0LXRva2Vu'

/** A server whose log is kept: the lines that say why something was refused. */
async function logged(t: Test, mount: Partial<PhoenixOptions> = {}) {
  const lines: Record<string, unknown>[] = []
  const stream = {
    write(text: string) {
      const line = JSON.parse(text)
      if (line.refusal !== undefined) lines.push(line)
    }
  }
  return { lines, ...(await startServer(t, mount, { logger: { level: 'debug', stream } })) }
}

const error = 50
const warn = 40
const info = 30
const debug = 20

const refusals: [string, Partial<PhoenixOptions>, string, object, object][] = [
  [
    'an origin',
    {},
    'vsn=2.0.0',
    { headers: { origin: 'http://user:c2VjcmV0LXRva2Vu@evil.example/?token=c2VjcmV0LXRva2Vu' } },
    {
      level: error,
      refusal: 'origin',
      origin: 'http://evil.example/',
      wanted: /127\.0\.0\.1/,
      msg: /checkOrigin[\s\S]*Host/
    }
  ],
  [
    'an origin that checkOrigin promises something of',
    { checkOrigin: (() => Promise.reject(new Error('unhandled'))) as unknown as () => boolean },
    'vsn=2.0.0',
    { headers: { origin: 'https://a.example' } },
    { level: error, refusal: 'origin', wanted: /synchronously: it returned a promise/ }
  ],
  [
    'a sub-protocol',
    { authToken: true },
    'vsn=2.0.0',
    { protocols: ['mqtt', `base64url.bearer.phx.${secret}`] },
    { level: error, refusal: 'subprotocol', offered: /mqtt/, supported: 'phoenix' }
  ],
  [
    'a version',
    {},
    'vsn=9.9.9',
    {},
    { level: warn, refusal: 'version', vsn: '9.9.9', spoken: '1.0.0, 2.0.0' }
  ],
  ['nobody', {}, 'vsn=2.0.0&user_id=nobody', {}, { level: info, refusal: 'connect' }],
  [
    'with a reason',
    { connect: () => refuse('banned') },
    'vsn=2.0.0',
    {},
    { level: info, refusal: 'connect', reason: 'banned' }
  ],
  [
    'a token that is over',
    { expiresAt: () => 1 },
    'vsn=2.0.0',
    {},
    { level: info, refusal: 'expired', expiresAt: 1 }
  ],
  [
    'an end that is no time',
    { expiresAt: () => Number.NaN },
    'vsn=2.0.0',
    {},
    { level: error, refusal: 'expiresAt', problem: /no number/ }
  ],
  [
    'the rate',
    { limits: { connects: { count: 1, windowMs: 1000 } } },
    'vsn=2.0.0',
    {},
    { level: warn, refusal: 'connectRate' }
  ],
  [
    'one socket too many',
    { limits: { socketsPerUser: 1 } },
    'vsn=2.0.0&user_id=alice',
    {},
    { level: warn, refusal: 'socketsPerUser', socketId: 'user_socket:alice' }
  ]
]
for (const [what, mount, query, client, line] of refusals) {
  t.test(`a connect that is refused for ${what} is said so in the log, without its token`, async (t) => {
    const { url, lines } = await logged(t, mount)
    const { headers = {}, protocols = [] } = client as {
      headers?: Record<string, string>
      protocols?: string[]
    }
    for (const _ of [1, 2]) {
      const ws = new WebSocket(`${url}/websocket?${query}&token=${secret}`, protocols, { headers })
      t.teardown(() => ws.terminate())
      await Promise.race([once(ws, 'open'), once(ws, 'unexpected-response')])
    }
    t.match(lines[0], line)
    t.notMatch(JSON.stringify(lines), new RegExp(secret))
  })
}

const messages: [string, Partial<PhoenixOptions>, unknown[][], object][] = [
  [
    'an unmatched topic',
    {},
    [['1', '1', 'nowhere', 'phx_join', { secret }]],
    { level: warn, refusal: 'unmatchedTopic', topic: 'nowhere' }
  ],
  [
    'too many channels',
    { maxChannels: 1 },
    [
      ['1', '1', 'room:a', 'phx_join', {}],
      ['2', '2', 'room:b', 'phx_join', { secret }]
    ],
    { level: warn, refusal: 'channels', topic: 'room:b' }
  ],
  [
    'a duplicate join',
    {},
    [
      ['1', '1', 'room:a', 'phx_join', {}],
      ['2', '2', 'room:a', 'phx_join', { secret }]
    ],
    { level: debug, refusal: 'duplicateJoin', topic: 'room:a' }
  ],
  [
    'too many joins',
    { limits: { joins: { count: 1, windowMs: 1000 } } },
    [
      ['1', '1', 'room:a', 'phx_join', {}],
      ['2', '2', 'room:b', 'phx_join', { secret }]
    ],
    { level: warn, refusal: 'joinRate' }
  ],
  [
    'too many events',
    { limits: { events: { count: 1, windowMs: 1000 } } },
    [
      ['1', '1', 'room:a', 'phx_join', {}],
      ['1', '2', 'room:a', 'ping', {}],
      ['1', '3', 'room:a', 'ping', { secret }]
    ],
    { level: warn, refusal: 'eventRate', topic: 'room:a' }
  ]
]
for (const [what, mount, frames, line] of messages) {
  t.test(`${what} is said so in the log, without the payload`, async (t) => {
    const { url, lines } = await logged(t, mount)
    const client = await connectRaw(t, url, 'user_id=alice')
    for (const frame of frames) client.send(...frame)
    for (const _ of frames) await client.next()
    t.match(lines[0], { ...line, socketId: 'user_socket:alice' })
    t.notMatch(JSON.stringify(lines), new RegExp(secret))
  })
}

t.test('so is a long-poll that is refused, for its origin or because there are too many', async (t) => {
  const { base, lines } = await logged(t, { longpoll: { maxSessions: 1 } })
  const url = `${base}/socket/longpoll?vsn=2.0.0`
  await fetch(url, { headers: { origin: 'http://evil.example' } })
  await fetch(url)
  await fetch(url)
  t.match(lines, [
    { level: error, refusal: 'origin', origin: 'http://evil.example' },
    { level: warn, refusal: 'sessions', sessions: 1 }
  ])
})

t.test('a client that comes again and again with a token that is over is one line a second', async (t) => {
  for (const end of [1, Number.NaN]) {
    const { base, lines } = await logged(t, { expiresAt: () => end })
    for (let i = 0; i < 20; i++) await fetch(`${base}/socket/longpoll?vsn=2.0.0`)
    t.ok(lines.length <= 2)
  }
})
