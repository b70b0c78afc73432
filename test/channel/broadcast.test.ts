import t from 'tap'
import type { ChannelDefinition } from '../../lib/channel/channel.js'
import { EndpointServer } from '../../lib/endpoint/endpoint-server.js'
import { v1 } from '../../lib/protocol/serializer/v1.js'
import { crashed, ok, reply, settled, TestSocket } from '../fixtures/test-socket.js'

const room: ChannelDefinition = {
  join: () => ok,
  handleIn: {
    shout: (payload, channel) => channel.broadcast('shout', payload as object),
    whisper: (payload, channel) => channel.broadcastFrom('whisper', payload as object),
    bytes: (_payload, channel) => channel.broadcast('bytes', Buffer.from([1])),
    garbage: (_payload, channel) => channel.broadcast('garbage', { n: 1n })
  }
}

function members(channel: ChannelDefinition, count = 2): TestSocket[] {
  const endpoint = new EndpointServer()
  return Array.from({ length: count }, () => {
    const client = new TestSocket({ channels: { '*': channel }, endpoint })
    client.join('a')
    client.sent()
    return client
  })
}

t.test('a broadcast goes to all members of the topic, broadcastFrom to all others', async (t) => {
  const [one, two] = members(room) as [TestSocket, TestSocket]
  one.receive('1', '2', 'a', 'shout', { x: 1 })
  t.same(one.sent(), [[null, null, 'a', 'shout', { x: 1 }]])
  t.same(two.sent(), [[null, null, 'a', 'shout', { x: 1 }]])
  one.receive('1', '3', 'a', 'whisper', { x: 2 })
  t.same(one.sent(), [])
  t.same(two.sent(), [[null, null, 'a', 'whisper', { x: 2 }]])
})

t.test('what cannot be broadcast ends the channel that tried, and nobody else', async (t) => {
  const [one, two] = members(room) as [TestSocket, TestSocket]
  one.receive('1', '2', 'a', 'garbage', {})
  t.same(one.sent(), [crashed('1', 'a')])
  t.same(two.sent(), [])
  two.receive('1', '3', 'a', 'shout', {})
  t.equal(two.sent().length, 1)
})

t.test(
  'a member whose protocol has no bytes misses those broadcasts, and keeps them from nobody',
  async (t) => {
    const endpoint = new EndpointServer()
    const old = new TestSocket({ channels: { '*': room }, endpoint, serializer: v1 })
    old.socket.receive(Buffer.from('{"topic":"a","event":"phx_join","payload":{},"ref":"1"}'), false)
    const young = new TestSocket({ channels: { '*': room }, endpoint })
    young.join('a')
    young.sent()
    old.sent()
    young.receive('1', '2', 'a', 'bytes', {})
    t.same(young.sent(), [Buffer.from([2, 1, 5, 97, 98, 121, 116, 101, 115, 1])])
    t.same(old.sent(), [])
    young.receive('1', '3', 'a', 'shout', {})
    t.equal(young.sent().length, 1, 'the channel that sent the bytes lives on')
    t.equal(old.sent().length, 1)
  }
)

t.test('an intercepted event is handed to its function instead of the client', async (t) => {
  const [client] = members({
    ...room,
    handleOut: {
      shout: (payload, channel) => channel.push('shout', { heard: payload }),
      whisper: () => {}
    }
  }) as [TestSocket]
  client.endpoint.broadcast('a', 'shout', { x: 1 })
  client.endpoint.broadcast('a', 'whisper', {})
  client.endpoint.broadcast('a', 'other', {})
  t.same(await client.sentSoon(), [
    [null, null, 'a', 'other', {}],
    ['1', null, 'a', 'shout', { heard: { x: 1 } }]
  ])
})

t.test('events that are named like members of prototypes are not intercepted by them', async (t) => {
  const [client] = members({ ...room, handleOut: { shout: () => {} } }) as [TestSocket]
  client.endpoint.broadcast('a', 'constructor', {})
  client.endpoint.broadcast('a', '__proto__', {})
  t.equal(client.sent().length, 2)
})

t.test('a function that intercepts may stop its channel, and one that fails ends it', async (t) => {
  const [one, two] = members({
    join: () => ok,
    handleOut: {
      kick: () => ({ stop: 'normal' }),
      fail() {
        throw new Error('x')
      }
    }
  }) as [TestSocket, TestSocket]
  one.endpoint.broadcast('a', 'fail', {})
  t.same(await one.sentSoon(), [crashed('1', 'a')])
  t.same(two.sent(), [crashed('1', 'a')])
})

t.test('a channel hears topics that it subscribed to, once, until it unsubscribes', async (t) => {
  const heard: string[] = []
  const [client] = members(
    {
      join: () => ok,
      handleIn: {
        listen(payload, channel) {
          channel.subscribe(payload as string)
          channel.subscribe(payload as string)
        },
        unlisten: (payload, channel) => channel.unsubscribe(payload as string)
      },
      handleInfo({ topic, event, payload }) {
        heard.push(`${topic} ${event} ${JSON.stringify(payload)}`)
      }
    },
    1
  ) as [TestSocket]
  client.receive('1', '2', 'a', 'listen', 'news')
  client.endpoint.broadcast('news', 'flash', { x: 1 })
  await settled()
  t.same(heard, ['news flash {"x":1}'])
  client.receive('1', '3', 'a', 'unlisten', 'news')
  client.endpoint.broadcast('news', 'flash', { x: 2 })
  await settled()
  t.equal(heard.length, 1)
  t.same(client.sent(), [], 'nothing of it went to the client')
})

t.test('a channel stays a member of its own topic, whatever it subscribes to', async (t) => {
  const [client] = members(
    {
      join: () => ok,
      handleIn: {
        fiddle(_payload, channel) {
          channel.subscribe('a')
          channel.unsubscribe('a')
          return ok
        }
      }
    },
    1
  ) as [TestSocket]
  client.receive('1', '2', 'a', 'fiddle', {})
  client.endpoint.broadcast('a', 'shout', {})
  t.same(client.sent(), [reply('1', '2', 'a'), [null, null, 'a', 'shout', {}]])
})
