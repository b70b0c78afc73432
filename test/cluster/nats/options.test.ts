import t from 'tap'
import { nats } from '../../../lib/cluster/nats/nats.js'
import { type NatsOptions, readOptions } from '../../../lib/cluster/nats/options.js'

t.test('what is not named is the usual', async (t) => {
  t.same(readOptions({}), {
    prefix: 'phx',
    outboxBytes: 16 * 1024 * 1024,
    claimReplicas: 1,
    historyReplicas: 1,
    connectTimeoutMs: 5000,
    servers: ['nats://127.0.0.1:4222'],
    client: {}
  })
})

t.test('addresses hold who one is, which the client cannot read there', async (t) => {
  const read = (servers: string | string[], options: NatsOptions = {}) => {
    const { servers: addresses, client } = readOptions({ ...options, servers })
    return { addresses, client }
  }
  t.same(read('nats://al%40ice:s%3Ae:c@host:4222'), {
    addresses: ['nats://host:4222'],
    client: { user: 'al@ice', pass: 's:e:c' }
  })
  t.same(read(['a:1', 'nats://t0ken@b:2']), { addresses: ['a:1', 'nats://b:2'], client: { token: 't0ken' } })
  t.same(read('nats://alice:secret@host', { token: 'own' }), {
    addresses: ['nats://host'],
    client: { token: 'own' }
  })
  t.same(read('tls://[::1]:4222'), { addresses: ['tls://[::1]:4222'], client: { tls: {} } })
  t.same(read('tls://host', { tls: { caFile: 'ca.pem' } }).client, { tls: { caFile: 'ca.pem' } })
  t.same(read('nats://%zz:%@host').client, { user: '%zz', pass: '%' })
})

t.test('what cannot be is refused at once, by name', async (t) => {
  const wrong: [string, NatsOptions][] = [
    ['servers', { servers: [] }],
    ['servers', { servers: '' }],
    ['servers', { servers: ['a b'] }],
    ['servers', { servers: 'redis://127.0.0.1' }],
    ['servers', { servers: 'nats://alice:secret@' }],
    ['servers', { servers: 4222 as never }],
    ['prefix', { prefix: '' }],
    ['prefix', { prefix: 'a b' }],
    ['prefix', { prefix: 'a.' }],
    ['prefix', { prefix: 'a.*' }],
    ['prefix', { prefix: '>' }],
    ['prefix', { prefix: '$SYS' }],
    ['prefix', { prefix: 'x'.repeat(300) }],
    ['outboxBytes', { outboxBytes: 0 }],
    ['outboxBytes', { outboxBytes: Number.NaN }],
    ['claimReplicas', { claimReplicas: 0 }],
    ['claimReplicas', { claimReplicas: 6 }],
    ['historyReplicas', { historyReplicas: 0 }],
    ['connectTimeoutMs', { connectTimeoutMs: -1 }],
    ['connectTimeoutMs', { connectTimeoutMs: 2 ** 31 }]
  ]
  for (const [name, options] of wrong) {
    t.throws(() => nats(options), { code: 'PHX_ERR_OPTION_INVALID', message: `option ${name}:` })
  }
})
