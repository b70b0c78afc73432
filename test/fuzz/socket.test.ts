import fc from 'fast-check'
import t from 'tap'
import type { ChannelDefinition } from '../../lib/channel/channel.js'
import { reply, settled, TestSocket } from '../fixtures/test-socket.js'

/** A channel in which everything can happen, sooner or later. */
const channel: ChannelDefinition = {
  join(params) {
    if (params === 1) throw new Error('join')
    if (params === 2) return { status: 'error' }
    return params === 3 ? Promise.resolve({ status: 'ok' as const }) : { status: 'ok' }
  },
  handleIn: {
    echo: (payload) => ({ status: 'ok', response: payload }),
    later: async (payload) => ({ status: 'ok', response: payload }),
    crash() {
      throw null
    },
    stop: (payload) => ({ stop: String(payload) }),
    push: (payload, channel) => channel.push('pushed', payload as object),
    broadcast: (payload, channel) => channel.broadcast('news', payload as object),
    listen: (payload, channel) => channel.subscribe(String(payload))
  },
  handleOut: { news: (payload, channel) => channel.push('news', payload as object) },
  handleInfo: ({ payload }, channel) => channel.push('info', payload as object)
}

const scalar = fc.oneof(fc.constantFrom('1', '2', null, 1), fc.jsonValue())
const topic = fc.oneof(fc.constantFrom('a', 'b', 'phoenix', '__proto__', 'constructor'), fc.jsonValue())
const event = fc.oneof(
  fc.constantFrom('phx_join', 'phx_join', 'phx_leave', 'phx_reply', 'phx_close', 'phx_error', 'heartbeat'),
  fc.constantFrom('echo', 'later', 'crash', 'stop', 'push', 'broadcast', 'listen', 'news', 'toString'),
  fc.jsonValue()
)
const payload = fc.oneof(fc.constantFrom({}, 1, 2, 3, null), fc.jsonValue())

type Step = { data: Buffer; isBinary: boolean } | 'wait'

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc
      .tuple(scalar, scalar, topic, event, payload)
      .map((message) => ({ data: Buffer.from(JSON.stringify(message)), isBinary: false }))
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        fc.constantFrom('1', ''),
        fc.constantFrom('a', 'b'),
        fc.constantFrom('echo', 'push'),
        fc.uint8Array()
      )
      .map(([joinRef, topic, event, bytes]) => ({
        data: Buffer.concat([
          Buffer.from([0, joinRef.length, 1, topic.length, event.length]),
          Buffer.from(`${joinRef}9${topic}${event}`),
          bytes
        ]),
        isBinary: true
      }))
  },
  { weight: 1, arbitrary: fc.record({ data: fc.uint8Array().map(Buffer.from), isBinary: fc.boolean() }) },
  { weight: 3, arbitrary: fc.constant('wait' as const) }
)

t.test(
  'no sequence of frames throws, and afterwards a heartbeat is answered or the socket was closed',
  async (t) => {
    let answered = 0
    let refused = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const client = new TestSocket({
          channels: { '*': channel },
          limits: { events: { count: 20, windowMs: 1000 } },
          maxChannels: 3
        })
        for (const one of steps) {
          if (one === 'wait') await settled()
          else client.socket.receive(one.data, one.isBinary)
        }
        await settled()
        client.sent()
        client.receive(null, 'last', 'phoenix', 'heartbeat', {})
        const last = client.sent()
        const isClosed = client.transport.closes.length > 0
        if (isClosed) {
          refused++
          t.same([client.transport.closes, last], [[1011], []])
        } else {
          answered++
          t.same(last, [reply(null, 'last', 'phoenix')])
        }
        client.socket.transportClosed(false)
        await settled()
        t.equal(client.endpoint.pubsub.size, 0, 'nothing is left behind')
        // Refusals are told of at most once a second.
        client.clock.advance(10_000)
        t.equal(client.clock.pending, 0)
      }),
      { numRuns: 300 }
    )
    t.ok(answered > 0 && refused > 0, 'both were seen')
  }
)
