import Fastify from 'fastify'
import { PeerConnection } from 'node-datachannel'
import type { Channel as ClientChannel } from 'phoenix'
import t, { type Test } from 'tap'
import phoenix, {
  type Channel,
  type ChannelPeer,
  createPeer,
  defineChannel,
  type PhoenixOptions
} from '../../plugins/phoenix.js'
import { ClientChannel as DataChannel } from '../fixtures/client-channel.js'
import { join, openPhoenix, push } from '../fixtures/phoenix-client.js'

interface Match {
  userId: string
}

interface World {
  readonly url: string
  readonly app: ReturnType<typeof Fastify>
  /** The peers of the matches, in the order in which they were joined. */
  readonly peers: ChannelPeer[]
  readonly channels: Channel<Match>[]
  /** What the peers told, and what came over their DataChannels. */
  readonly seen: unknown[]
}

/** An application with matches, each of whose players has a peer of their own, under its own event names. */
async function start(t: Test, options: Partial<PhoenixOptions> = {}): Promise<World> {
  const peers: ChannelPeer[] = []
  const channels: Channel<Match>[] = []
  const seen: unknown[] = []
  const peerOf = (channel: Channel<Match>): ChannelPeer => peers[channels.indexOf(channel)] as ChannelPeer
  const match = defineChannel<Match>({
    join(_params, channel) {
      const peer = createPeer(channel, {
        userId: channel.assigns.userId,
        onData(label, data) {
          seen.push(['data', label, String(data)])
          peer.sendData(label, `re: ${data}`)
        }
      })
      peers.push(peer)
      channels.push(channel)
      for (const name of ['answer', 'ice'] as const) {
        peer.on(name, (payload: object) => channel.push(name, payload))
      }
      peer.on('state', ({ state }) => {
        seen.push(['state', state])
        if (state !== 'closed') channel.push('state', { state })
      })
      peer.on('channelOpen', ({ channel: label }) => seen.push(['open', label]))
      peer.on('channelClosed', ({ channel: label }) => seen.push(['closed', label]))
      return { status: 'ok' }
    },
    handleIn: {
      offer: (payload, channel) => peerOf(channel).handleOffer(payload),
      ice: (payload, channel) => peerOf(channel).addIceCandidate(payload),
      crash() {
        throw new Error('on purpose')
      }
    }
  })
  const app = Fastify({ forceCloseConnections: true })
  await app.register(phoenix, {
    connect: (params) => ({ userId: params.user_id }),
    channels: { 'match:*': match },
    webrtc: { bindAddress: '127.0.0.1' },
    ...options
  })
  t.teardown(() => app.close())
  const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/socket`
  return { url: url.replace('http', 'ws'), app, peers, channels, seen }
}

/** A player with the published phoenix.js. */
async function player(t: Test, { url }: World, userId: string) {
  const socket = openPhoenix(url, { params: { user_id: userId } })
  t.teardown(() => socket.disconnect())
  const channel = socket.channel('match:1')
  await join(channel)
  return { socket, channel }
}

/** Opens a DataChannel through the signalling of the match; both ends know that it is open then. */
async function open(
  t: Test,
  channel: ClientChannel,
  label: string,
  server?: ChannelPeer
): Promise<DataChannel> {
  const opened = new Promise<void>((resolve) => server?.on('channelOpen', () => resolve()) ?? resolve())
  const peer = new PeerConnection('player', { iceServers: [], bindAddress: '127.0.0.1' })
  t.teardown(() => peer.close())
  peer.onStateChange(() => {})
  peer.onLocalCandidate((candidate, sdpMid) => void push(channel, 'ice', { candidate, sdpMid }))
  channel.on('answer', ({ sdp }) => peer.setRemoteDescription(sdp, 'answer'))
  channel.on('ice', ({ candidate, sdpMid }) => peer.addRemoteCandidate(candidate, sdpMid))
  const dataChannel = new DataChannel(peer.createDataChannel(label))
  peer.setLocalDescription()
  const sdp = peer.localDescription()?.sdp
  const reply = await push(channel, 'offer', { type: 'offer', sdp })
  if (reply.status !== 'ok') throw new Error(JSON.stringify(reply))
  await Promise.all([dataChannel.opened, opened])
  return dataChannel
}

const states = ({ seen }: World): unknown[] =>
  (seen as [string, unknown][]).filter(([kind]) => kind === 'state').map(([, state]) => state)

/** Resolves when the peer has told of its end. */
async function closed(peer: ChannelPeer): Promise<void> {
  if (peer.connectionState === 'closed') return
  await new Promise<void>((resolve) => {
    peer.on('state', ({ state }) => state === 'closed' && resolve())
  })
}

t.test('a channel of the application has a peer, and data goes both ways', async (t) => {
  const world = await start(t)
  const { channel } = await player(t, world, 'alice')
  const [peer] = world.peers as [ChannelPeer]
  t.equal(peer.connectionState, 'new')
  t.equal(peer.getStats(), null)
  t.same(peer.iceConfig(), { ice_servers: [], ttl: null })
  const moves = await open(t, channel, 'moves', peer)
  t.equal(peer.connectionState, 'connected')
  t.same(world.app.phoenix.peersOf('alice'), [peer])
  moves.native.sendMessage('e4')
  t.equal(await moves.next(), 're: e4')
  t.same(peer.sendData('moves', 'mate'), { sent: 1, held: 0, pushed: 0, dropped: 0 })
  t.equal(await moves.next(), 'mate')
  t.match(peer.getStats(), { state: 'connected', messagesIn: 1, messagesOut: 2 })
  t.match(world.seen, [
    ['state', 'connecting'],
    ['state', 'connected'],
    ['open', 'moves'],
    ['data', 'moves', 'e4']
  ])
})

t.test('without hooks the label events is one as any other', async (t) => {
  const world = await start(t)
  const { channel } = await player(t, world, 'alice')
  const events = await open(t, channel, 'events')
  events.native.sendMessage('{"type":"call_hook","id":"1","plugin":"a","fn":"b"}')
  t.match(await events.next(), /^re: \{"type":"call_hook"/)
})

const ends: Record<
  string,
  (player: { channel: ClientChannel; disconnect(): void }, world: World) => unknown
> = {
  'its client leaves': ({ channel }) => channel.leave(),
  'its client goes': ({ disconnect }) => disconnect(),
  'its channel crashes': ({ channel }) => channel.push('crash', {}),
  'its socket is disconnected': (_player, { channels }) => channels[0]?.socket.disconnect(),
  'the server closes': (_player, { app }) => app.close(),
  'it fails a listener': (_player, { peers }) => {
    const [peer] = peers as [ChannelPeer]
    peer.on('state', () => {
      throw new Error('on purpose')
    })
    peer.close()
  }
}

for (const [name, end] of Object.entries(ends)) {
  t.test(`a peer ends once when ${name}`, async (t) => {
    const world = await start(t)
    const { socket, channel } = await player(t, world, 'alice')
    const [peer] = world.peers as [ChannelPeer]
    await open(t, channel, 'moves', peer)
    const gone = closed(peer)
    end({ channel, disconnect: () => socket.disconnect() }, world)
    await gone
    t.equal(peer.connectionState, 'closed')
    t.same(states(world), ['connecting', 'connected', 'closed'])
    t.same(world.app.phoenix.peersOf('alice'), [])
    t.match(await peer.handleOffer({ type: 'offer', sdp: '' }), { status: 'error' })
    t.same(peer.sendData('moves', 'x'), { sent: 0, held: 0, pushed: 0, dropped: 0 })
  })
}

t.test(
  'a peer that was closed answers the next offer, and one peer takes the place of another',
  async (t) => {
    const world = await start(t)
    const { channel } = await player(t, world, 'alice')
    const first = await open(t, channel, 'moves')
    const [peer] = world.peers as [ChannelPeer]
    peer.close('a new match')
    await first.closed
    t.equal(peer.connectionState, 'closed')
    channel.off('answer')
    channel.off('ice')
    const second = await open(t, channel, 'moves')
    second.native.sendMessage('d4')
    t.equal(await second.next(), 're: d4')
    channel.off('answer')
    channel.off('ice')
    const third = await open(t, channel, 'moves')
    third.native.sendMessage('c4')
    t.equal(await third.next(), 're: c4')
    t.same(world.app.phoenix.peersOf('alice'), [peer])
  }
)

t.test('what is no offer is refused, and so is any without WebRTC', async (t) => {
  const world = await start(t)
  const { channel } = await player(t, world, 'alice')
  const refused = (error: string) => ({ status: 'error', response: { error } })
  t.same(await push(channel, 'offer', {}), refused('invalid_sdp'))
  t.same(await push(channel, 'ice', { candidate: 'x' }), refused('no_webrtc_session'))
  const off = await start(t, { webrtc: false })
  const { channel: other } = await player(t, off, 'bob')
  t.same(await push(other, 'offer', { type: 'offer', sdp: 'v=0' }), refused('webrtc_disabled'))
})

t.test('wrong options are refused by name', async (t) => {
  const { channels, ...world } = await start(t)
  await player(t, { channels, ...world }, 'alice')
  const channel = channels[0] as Channel<Match>
  const code = 'PHX_ERR_OPTION_INVALID'
  const given = (options: unknown) => () => createPeer(channel, options as never)
  t.throws(() => createPeer({} as never, { userId: 'a' }), { code, message: /channel/ })
  t.throws(given(undefined), { code })
  t.throws(given({}), { code, message: /userId/ })
  t.throws(given({ userId: '' }), { code, message: /userId/ })
  t.throws(given({ userId: 'a', onMessage() {} }), { code, message: /onMessage/ })
  t.throws(given({ userId: 'a', onData: 'x' }), { code, message: /onData/ })
  t.throws(given({ userId: 'a', iceServers: [{ urls: 'http://a' }] }), { code, message: /iceServers/ })
  const own = createPeer(channel, { userId: 'a', iceServers: [{ urls: 'stun:stun.example.org' }] })
  t.same(own.iceConfig(), { ice_servers: [{ urls: 'stun:stun.example.org' }], ttl: null })
})
