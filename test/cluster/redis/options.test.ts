import t, { type Test } from 'tap'
import type { RedisOptions } from '../../../lib/cluster/redis/options.js'
import { redis } from '../../../lib/cluster/redis/redis.js'

/** The options are refused in one line that begins like this, and holds no secret. */
function refuses(t: Test, options: unknown, message: string): void {
  let refusal = ''
  try {
    redis(options as RedisOptions)
  } catch (err) {
    t.match(err, { code: 'PHX_ERR_OPTION_INVALID' })
    refusal = (err as Error).message
  }
  t.ok(refusal.startsWith(message), `${refusal} begins with ${message}`)
  t.notMatch(refusal, /secret|\n/)
}

const rootNodes = [{ url: 'redis://127.0.0.1' }]

t.test('options that fit are taken', async (t) => {
  const fitting: RedisOptions[] = [
    {},
    {
      url: 'redis://app:secret@redis.example.org:6380',
      prefix: 'chat:',
      outboxBytes: 1,
      connectTimeoutMs: 1
    },
    { url: 'rediss://[::1]:6379/1', client: { socket: { tls: true }, name: 'chat' } },
    { client: { socket: { path: '/run/redis.sock', tls: false } } },
    { cluster: { rootNodes }, sharded: false },
    { sentinel: { name: 'main', sentinelRootNodes: [{ host: '127.0.0.1', port: 26_379 }] } }
  ]
  for (const options of fitting) t.equal(typeof redis(options).start, 'function')
})

t.test('what is wrong with a URL is told without the URL', async (t) => {
  for (const url of ['', 'app:secret@redis', 'http://:secret@redis', 'redis://:secret@redis/first', 5])
    refuses(t, { url }, 'option redis.url: must be redis[s]://')
  refuses(t, { client: { url: 'http://:secret@redis' } }, 'option redis.url: must be redis[s]://')
  refuses(
    t,
    { url: 'redis://:secret@redis', client: { socket: { tls: true } } },
    'option redis.url: must begin with rediss://'
  )
  refuses(
    t,
    { cluster: { rootNodes: [{ url: 'secret' }] } },
    'option redis.cluster.rootNodes: must be redis[s]://'
  )
})

t.test('options that are none, or do not go together, are refused', async (t) => {
  refuses(t, { urls: 'redis://secret' }, 'option redis.urls: there is no such option; did you mean url?')
  refuses(t, { url: 'redis://a', cluster: { rootNodes } }, 'option redis: takes one of')
  refuses(t, { url: 'redis://a', sharded: true }, 'option redis.sharded: needs cluster')
  refuses(t, { cluster: { rootNodes: [] } }, 'option redis.cluster.rootNodes: must have one server at least')
  refuses(t, { cluster: { rootNodes }, sharded: 1 }, 'option redis.sharded: must be true or false')
  refuses(t, { sentinel: { sentinelRootNodes: [{}] } }, 'option redis.sentinel.name: must name the master')
  refuses(t, { sentinel: { name: 'main' } }, 'option redis.sentinel.sentinelRootNodes: must have one')
  refuses(t, { prefix: 5 }, 'option redis.prefix: must be text')
  refuses(t, { cluster: { rootNodes }, prefix: '{a}:' }, 'option redis.prefix: must have no braces')
  for (const outboxBytes of [0, -1, 1.5, '1'])
    refuses(t, { outboxBytes }, 'option redis.outboxBytes: must be a whole number over 0')
  refuses(t, { connectTimeoutMs: 0 }, 'option redis.connectTimeoutMs: must be')
})
