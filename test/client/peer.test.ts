import t, { type Test } from 'tap'
import type { HookClientOptions } from '../../lib/client/client.js'
import { type Channel, type ChannelDefinition, defineChannel } from '../../plugins/phoenix.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { createLoopbackPeer, nextEvent, openHookClient, travelsOn } from '../fixtures/hook-client.js'
import { connectionOf } from '../fixtures/phoenix-internals.js'
import { startUserServer } from '../fixtures/user-server.js'

type Events = NonNullable<ChannelDefinition['handleIn']>

/** A server whose signalling answers as the test wants it to. */
async function startSignalling(t: Test, events: Events): Promise<string> {
  const user = defineChannel({ join: () => ({ status: 'ok' }), handleIn: events })
  const { base } = await startUserServer(t, {}, { channels: { 'user:*': user }, webrtc: false })
  return base
}

/** Something that is awaited until it happens. */
class Signal<Value> {
  fire: (value: Value) => void = () => {}
  readonly fired = new Promise<Value>((resolve) => {
    this.fire = resolve
  })
}

const answer = (response: object) => () => ({ status: 'ok', response }) as const
const refuse = (error: string) => () => ({ status: 'error', response: { error } }) as const

t.test('the server is asked for its ICE servers, and again when their credentials ran out', async (t) => {
  const clock = new FakeClock()
  const given: unknown[] = []
  let asked = 0
  const base = await startSignalling(t, {
    'webrtc:config': () => {
      asked++
      const ice_servers = [{ urls: 'turn:127.0.0.1:3478', username: `${asked}`, credential: 'x' }]
      return { status: 'ok', response: { ice_servers, ttl: 60 } }
    },
    'webrtc:offer': refuse('invalid_sdp')
  })
  const createPeer: HookClientOptions['createPeer'] = ({ iceServers }) => {
    given.push(iceServers[0]?.username)
    return createLoopbackPeer({ iceServers: [] })
  }
  const { client } = openHookClient(t, base, { clock, createPeer, reopenAfterMs: () => 40_000 })
  for (let i = 0; i < 4; i++) {
    t.same(await nextEvent(client, 'failure'), ['invalid_sdp'])
    if (i < 3) clock.advance(40_000)
  }
  // Asked at 0 and 80 s: at 40 s they were still good.
  t.same(given, ['1', '1', '2', '2'])
})

t.test('a server without ICE servers, or with nonsense, is taken for one that has none', async (t) => {
  const nonsense = [refuse('unknown_event'), answer({}), answer({ ice_servers: 'x', ttl: 'y' })]
  for (const config of nonsense) {
    const given = new Signal<unknown>()
    const base = await startSignalling(t, { 'webrtc:config': config, 'webrtc:offer': refuse('no') })
    const { client } = openHookClient(t, base, {
      createPeer(configuration) {
        given.fire(configuration)
        return createLoopbackPeer(configuration)
      },
      reopenAfterMs: () => 100_000
    })
    t.same(await given.fired, { iceServers: [] })
    client.close()
  }
})

t.test('ICE servers of the application are used as they are, and no others asked for', async (t) => {
  const iceServers = [{ urls: 'stun:127.0.0.1:3478' }]
  const given = new Signal<unknown>()
  const base = await startSignalling(t, {
    'webrtc:config'() {
      t.fail('asked')
    },
    'webrtc:offer': refuse('no')
  })
  const { client } = openHookClient(t, base, {
    iceServers,
    createPeer(configuration) {
      given.fire(structuredClone(configuration))
      return createLoopbackPeer({ iceServers: [] })
    },
    reopenAfterMs: () => 100_000
  })
  await nextEvent(client, 'failure')
  t.same(await given.fired, { iceServers })
})

t.test('the tries become rarer, and not all clients try at the same time', async (t) => {
  const clock = new FakeClock()
  const base = await startSignalling(t, { 'webrtc:config': answer({}), 'webrtc:offer': refuse('no') })
  const { client } = openHookClient(t, base, {
    clock,
    createPeer: createLoopbackPeer,
    reopenAfterMs: undefined
  })
  for (const longest of [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
    await nextEvent(client, 'failure')
    t.equal(client.state, 'waiting')
    const [delay = 0] = clock.delays
    t.ok(delay > longest / 2 && delay <= longest, `${delay} of ${longest} ms`)
    clock.advance(delay)
  }
})

t.test('a server that has no WebRTC is asked once for each join', async (t) => {
  const clock = new FakeClock()
  const { app, base } = await startUserServer(t, {}, { webrtc: false })
  const { client } = openHookClient(t, base, { clock })
  t.same(await nextEvent(client, 'failure'), ['webrtc_disabled'])
  t.equal(client.state, 'disabled')
  t.equal(clock.pending, 0)
  t.match(await client.call('calls', 'whoami'), { transport: 'websocket' })
  app.phoenix.disconnect('user_socket:alice')
  t.same(await nextEvent(client, 'failure'), ['webrtc_disabled'])
})

t.test('a peer that does not open in time is given up for the next', async (t) => {
  const clock = new FakeClock()
  const offered = new Signal<void>()
  const base = await startSignalling(t, {
    'webrtc:config': answer({}),
    // No answer follows.
    'webrtc:offer': () => {
      offered.fire()
      return { status: 'ok', response: {} }
    }
  })
  const { client } = openHookClient(t, base, { clock })
  await offered.fired
  t.equal(client.state, 'connecting')
  const failed = nextEvent(client, 'failure')
  clock.advance(15_000)
  t.same(await failed, ['open_timeout'])
  t.equal(client.state, 'waiting')
})

t.test('a join that ends while the offer is on its way is no failure of the peer', async (t) => {
  const offered = new Signal<Channel>()
  const base = await startSignalling(t, {
    'webrtc:config': answer({}),
    'webrtc:offer': (_payload, channel) => offered.fire(channel)
  })
  const { client } = openHookClient(t, base)
  const failures: string[] = []
  client.on('failure', (reason) => failures.push(reason))
  const channel = await offered.fired
  const lost = nextEvent(client, 'state')
  channel.endpoint.disconnect('user_socket:alice')
  t.same(await lost, ['idle'])
  await nextEvent(client, 'state', (state) => state === 'connecting')
  t.same(failures, [])
})

t.test('a peer may have any time to open', async (t) => {
  const times: number[] = []
  class RecordingClock extends FakeClock {
    override setTimeout(callback: () => void, ms: number) {
      times.push(ms)
      return super.setTimeout(callback, ms)
    }
  }
  const { base } = await startUserServer(t)
  for (const openTimeoutMs of [0, Number.POSITIVE_INFINITY]) {
    const { client } = openHookClient(t, base, { clock: new RecordingClock(), openTimeoutMs })
    await travelsOn(client, 'datachannel')
    client.close()
  }
  t.same(times, [2 ** 31 - 1, 2 ** 31 - 1], 'as long as timers can be')
})

t.test('signalling that is nonsense changes nothing', async (t) => {
  const { app, base } = await startUserServer(t)
  const { client } = openHookClient(t, base)
  await travelsOn(client, 'channel')
  for (const event of ['webrtc:answer', 'webrtc:ice', 'webrtc:state', 'webrtc:data']) {
    for (const payload of [
      {},
      { sdp: 5, type: 'answer' },
      { candidate: {} },
      { state: [] },
      { channel: 1 }
    ]) {
      app.phoenix.broadcast('user:alice', event === 'webrtc:data' ? 'x' : event, payload)
    }
  }
  app.phoenix.pushToUser('alice', 'webrtc:ice', { candidate: 'candidate:nonsense', sdpMid: '0' })
  await travelsOn(client, 'datachannel')
  t.equal(await client.call('calls', 'echo', 1), 1)
})

t.test('a connection that cannot be made is a failure like others', async (t) => {
  const { base } = await startUserServer(t)
  const { client } = openHookClient(t, base, {
    createPeer() {
      throw new Error('not here')
    },
    reopenAfterMs: () => 100_000
  })
  t.same(await nextEvent(client, 'failure'), ['offer_failed'])
  t.equal(client.state, 'waiting')
  t.equal(await client.call('calls', 'echo', 1), 1)
})

t.test('no connection makes a second offer: each peer is another one', async (t) => {
  const connections = new Set<object>()
  let offers = 0
  const { base } = await startUserServer(t)
  const { client, socket } = openHookClient(t, base, {
    createPeer(configuration) {
      const connection = createLoopbackPeer(configuration) as ReturnType<typeof createLoopbackPeer> & {
        createOffer(): Promise<object>
      }
      const { createOffer } = connection
      connection.createOffer = () => {
        offers++
        connections.add(connection)
        return createOffer.call(connection)
      }
      return connection
    }
  })
  const again = async (lose: () => unknown) => {
    const opened = nextEvent(client, 'state', (state) => state === 'open')
    lose()
    await opened
  }
  await travelsOn(client, 'datachannel')
  await again(() => client.reopen())
  await again(() => connectionOf(socket).close(4000))
  t.equal(offers, 3)
  t.equal(connections.size, 3)
})

t.test('a client that sends too much is told, and waits before the next peer', async (t) => {
  const clock = new FakeClock()
  const { base } = await startUserServer(
    t,
    {},
    { limits: { dataChannelMessages: { count: 5, windowMs: 10_000 } } }
  )
  const tries: number[] = []
  const reopenAfterMs = (n: number) => tries.push(n)
  const { client } = openHookClient(t, base, { clock, reopenAfterMs })
  await travelsOn(client, 'datachannel')
  const limited = nextEvent(client, 'rate_limited')
  const waiting = nextEvent(client, 'state', (state) => state === 'waiting')
  for (let i = 0; i < 6; i++) client.call('calls', 'echo', i).catch(() => {})
  await Promise.all([limited, waiting])
  t.ok(clock.delays.includes(10_000))
  t.equal(client.transport, 'channel')
  t.same(tries, [1], 'one peer was tried, and one was lost')
})

t.test('whichever way a client hears first that it sends too much, it counts as one try', async (t) => {
  const clock = new FakeClock()
  const tries: number[] = []
  const { base, app } = await startUserServer(t)
  const { client } = openHookClient(t, base, { clock, reopenAfterMs: (n) => tries.push(n) })
  for (const states of [['rate_limited'], ['closed', 'rate_limited'], ['rate_limited', 'rate_limited']]) {
    await travelsOn(client, 'datachannel')
    const limited = nextEvent(client, 'rate_limited')
    for (const state of states) app.phoenix.pushToUser('alice', 'webrtc:state', { state })
    await limited
    t.equal(client.state, 'waiting')
    // Whatever else was pushed has come by then.
    await client.call('calls', 'echo', 1)
    clock.advance(9_999)
    t.equal(client.state, 'waiting', 'not before the window of the server is over')
    clock.advance(1)
    t.equal(client.state, 'connecting')
  }
  t.same(tries, [1, 2, 3])
})
