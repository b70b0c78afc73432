import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import type { HandlerResult } from '../../lib/channel/channel.js'
import { closed, crashed, deferred, ok, reply, settled, TestSocket } from '../fixtures/test-socket.js'
import { unlookable } from '../fixtures/unlookable.js'

const crashes: Record<string, () => unknown> = {
  'throws an error': () => {
    throw new Error('secret')
  },
  'throws undefined': () => {
    throw undefined
  },
  'throws null': () => {
    throw null
  },
  'throws text': () => {
    throw 'secret'
  },
  'throws a Proxy': () => {
    throw unlookable
  },
  rejects: () => Promise.reject(new Error('secret')),
  'rejects with nothing': () => Promise.reject(),
  'rejects with a Proxy': () => Promise.reject(unlookable),
  'returns a number': () => 42,
  'returns null': () => null,
  'returns a Proxy': () => unlookable,
  'resolves to a Proxy': () => Promise.resolve({ status: unlookable }),
  'returns a thenable that throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: an object that is no promise but acts like one
    then() {
      throw new Error('secret')
    }
  }),
  'replies with what is no JSON': () => ({ status: 'ok', response: 1n }),
  'stops for an unknown reason': () => ({ stop: 'secret' })
}

for (const [what, handler] of Object.entries(crashes)) {
  t.test(`a handler that ${what} ends its channel alone, and the client learns nothing of it`, async (t) => {
    const client = new TestSocket({
      channels: {
        '*': { join: () => ok, handleIn: { crash: handler as () => HandlerResult, ping: () => ok } }
      }
    })
    client.join('a', '1')
    client.join('b', '2')
    client.sent()
    client.receive('1', '3', 'a', 'crash', {})
    t.same(await client.sentSoon(), [crashed('1', 'a')])
    client.receive('2', '4', 'b', 'ping', {})
    client.receive(null, '5', 'phoenix', 'heartbeat', {})
    t.same(client.sent(), [reply('2', '4', 'b'), reply(null, '5', 'phoenix')])
    t.equal(client.endpoint.pubsub.size, 1, 'the ended channel is no member of its topic any more')
    t.equal(client.log.messages('error').length, 1)
  })
}

t.test('a join that crashes is answered so, and can be tried again', async (t) => {
  for (const [what, join] of Object.entries(crashes)) {
    if (what.startsWith('stops') || what.startsWith('replies')) continue
    let fails = true
    const client = new TestSocket({
      channels: { '*': { join: () => (fails ? (join() as typeof ok) : ok) } }
    })
    client.join('a', '1')
    t.same(await client.sentSoon(), [reply('1', '1', 'a', { reason: 'join crashed' }, 'error')], what)
    fails = false
    client.join('a', '2')
    t.same(await client.sentSoon(), [reply('2', '2', 'a')], what)
  }
})

t.test('a join whose response is no JSON has crashed', async (t) => {
  const client = new TestSocket({ channels: { '*': { join: () => ({ status: 'ok', response: 1n }) } } })
  client.join('a')
  t.same(client.sent(), [reply('1', '1', 'a', { reason: 'join crashed' }, 'error')])
  t.equal(client.endpoint.pubsub.size, 0)
})

t.test('an event without a handler ends the channel', async (t) => {
  for (const event of ['nothing', 'constructor', '__proto__', 'toString', 'hasOwnProperty', null, 5, true]) {
    const client = new TestSocket({ channels: { '*': { join: () => ok, handleIn: { ping: () => ok } } } })
    client.join('a')
    client.sent()
    client.receive('1', '2', 'a', event, {})
    t.same(client.sent(), [crashed('1', 'a')], String(event))
  }
})

t.test(
  'an event named like a member of a prototype has the handler of that name, if there is one',
  async (t) => {
    const handleIn = JSON.parse('{"__proto__":null,"constructor":null}')
    for (const event of Object.keys(handleIn)) {
      Object.defineProperty(handleIn, event, { value: () => ({ status: 'ok', response: { event } }) })
    }
    const client = new TestSocket({ channels: { '*': { join: () => ok, handleIn } } })
    client.join('a')
    client.sent()
    client.receive('1', '2', 'a', '__proto__', {})
    client.receive('1', '3', 'a', 'constructor', {})
    t.same(client.sent(), [
      reply('1', '2', 'a', { event: '__proto__' }),
      reply('1', '3', 'a', { event: 'constructor' })
    ])
  }
)

t.test('one function may handle all events, whatever they are', async (t) => {
  const seen: unknown[] = []
  const client = new TestSocket({
    channels: {
      '*': {
        join: () => ok,
        handleIn(event, payload) {
          seen.push([event, payload])
        }
      }
    }
  })
  client.join('a')
  client.receive('1', '2', 'a', '__proto__', 1)
  client.receive('1', '3', 'a', null, null)
  t.same(seen, [
    ['__proto__', 1],
    [null, null]
  ])
})

t.test('a terminate that throws or rejects disturbs nobody', async (t) => {
  for (const terminate of [crashes['throws a Proxy'], crashes.rejects]) {
    const client = new TestSocket({
      channels: { '*': { join: () => ok, terminate: terminate as () => undefined } }
    })
    client.join('a')
    client.sent()
    client.receive('1', '2', 'a', 'phx_leave', {})
    t.same(await client.sentSoon(), [reply('1', '2', 'a'), closed('1', 'a')])
    t.same(client.log.messages('error'), ['terminate failed'])
  }
})

t.test('a handler that fails after its client has gone is a crash, as every other', async (t) => {
  const { promise, reject } = deferred()
  const reasons: string[] = []
  const client = new TestSocket({
    channels: {
      '*': {
        join: () => ok,
        handleIn: { wait: () => promise },
        terminate: (reason) => void reasons.push(reason)
      }
    }
  })
  client.join('a')
  client.receive('1', '2', 'a', 'wait', {})
  client.socket.disconnect()
  client.sent()
  reject(new Error('late'))
  t.same(await client.sentSoon(), [])
  t.same(client.log.messages('error'), ['channel crashed'])
  t.same(reasons, ['error'])
})

t.test('a handler that fails after its channel has ended is logged, and nothing else happens', async (t) => {
  const { promise, reject } = deferred()
  const client = new TestSocket({
    channels: { '*': { join: () => ok, handleIn: { wait: () => promise } } }
  })
  client.join('a')
  client.receive('1', '2', 'a', 'wait', {})
  client.join('a', '3')
  client.sent()
  reject(new Error('late'))
  t.same(await client.sentSoon(), [])
  t.same(client.log.messages('warn'), ['handler of an ended channel failed'])
})

t.test('a handler that lets the signal abort it when its client has gone is no crash', async (t) => {
  const reasons: string[] = []
  const client = new TestSocket({
    channels: {
      '*': {
        join: () => ok,
        handleIn: { wait: (_payload, { signal }) => pause(10_000, undefined, { signal, ref: false }) },
        terminate: (reason) => void reasons.push(reason)
      }
    }
  })
  client.join('a')
  client.receive('1', '2', 'a', 'wait', {})
  client.socket.transportClosed(false)
  await settled()
  t.same(client.log.messages('error'), [])
  t.same(reasons, ['closed'])
})

t.test('a connection that breaks is no crash of its channels', async (t) => {
  const reasons: string[] = []
  const client = new TestSocket({
    channels: {
      '*': {
        join: () => ok,
        terminate(reason) {
          reasons.push(reason)
        }
      }
    }
  })
  client.join('a')
  client.socket.receive(Buffer.from('garbage'), false)
  t.same(client.transport.closes, [1011])
  t.same(reasons, ['error'])
  t.same(client.log.messages('error'), [])
})
