/** Clients with phoenix.js and a peer each, for tests that run them on a host of their own. */
import { setTimeout } from 'node:timers/promises'
import type { RtcConfig } from 'node-datachannel'
import { RTCPeerConnection } from 'node-datachannel/polyfill'
import { createHookClient, type HookClient, type HookTransport } from '../../../lib/client/client.js'
import type { ClientChannel } from '../../fixtures/client-channel.js'
import { openPhoenix, rejoined } from '../../fixtures/phoenix-client.js'
import { answer } from '../../fixtures/program.js'
import { UserClient } from '../../fixtures/user-client.js'
import type { calls } from '../../fixtures/user-server.js'

/** Many times what opening takes. */
const patienceMs = 20_000

const users = new Map<string, { client: UserClient; events?: ClientChannel }>()

function user(userId: string) {
  const found = users.get(userId)
  if (found === undefined) throw new Error(`${userId} has not joined`)
  return found
}

const helpers = new Map<string, HookClient<typeof calls>>()

/** The client helper with a peer that reaches the network as it can, connected and told to join. */
function openHelper(base: string, userId: string): HookClient<typeof calls> {
  const channel = openPhoenix(base, { params: { user_id: userId } }).channel(`user:${userId}`)
  const helper = createHookClient<typeof calls>(channel, {
    createPeer: (configuration) => new RTCPeerConnection(configuration)
  })
  channel.join()
  return helper
}

const methods = {
  /** Connects to the server and joins. */
  async join(base: string, userId: string, peer: RtcConfig = { iceServers: [] }) {
    const client = new UserClient(base, userId, {}, { timeout: 60_000 })
    client.peer = peer
    users.set(userId, { client })
    return client.join()
  },
  /** What `webrtc:config` is replied. */
  config: (userId: string) => user(userId).client.push('webrtc:config'),
  /** Takes the ICE servers that the server says for its peers, and `relay` alone of them. */
  async relayOnly(userId: string) {
    const { client } = user(userId)
    const [server] = (await client.push('webrtc:config')).response.ice_servers
    const [, hostname, port] = /^turn:(.+):(\d+)/.exec(server.urls) ?? []
    if (hostname === undefined) throw new Error(`no TURN server in ${server.urls}`)
    const { username, credential: password } = server
    client.peer = {
      iceServers: [{ hostname, port: Number(port), username, password, relayType: 'TurnUdp' }],
      iceTransportPolicy: 'relay'
    }
  },
  /**
   * Opens a peer, and with it the DataChannel `events`; the peer before is closed. As a client in the
   * field it makes a new offer when nothing comes of one: on a machine that is very busy the library
   * fails now and then.
   */
  async open(userId: string) {
    const joined = user(userId)
    for (;;) {
      joined.client.closePeers()
      const opening = joined.client.openPeer()
      const [events] = await Promise.race([opening, setTimeout(patienceMs, [], { ref: false })])
      if (events === undefined) continue
      joined.events = events
      return
    }
  },
  /** Makes an offer; resolves when the server says that the peer has come to that state. */
  async offerUntil(userId: string, state: string) {
    const { client } = user(userId)
    client.openPeer().catch(() => {})
    await new Promise<void>((resolve) => {
      client.channel.on('webrtc:state', (payload: { state: string }) => {
        if (payload.state === state) resolve()
      })
    })
  },
  /** Resolves when the server has said that a peer came to that state. */
  async until(userId: string, state: string) {
    const { events } = user(userId).client
    while (!events.some(({ payload }) => payload.state === state)) await setTimeout(20)
  },
  /** Calls a hook over the DataChannel that takes as long as it is let; `closed` when that closes. */
  async wait(userId: string) {
    const { events } = user(userId)
    return Promise.race([events?.call('slow', 'waits'), events?.closed.then(() => 'closed')])
  },
  /** Calls a hook over the DataChannel; `closed` when that closes first. */
  async call(userId: string, value: unknown) {
    const { events } = user(userId)
    return Promise.race([events?.call('calls', 'echo', [value]), events?.closed.then(() => 'closed')])
  },
  /** Calls a hook as applications do, with the client helper, whichever way that goes. */
  async callWithHelper(base: string, userId: string, value: unknown) {
    const helper = helpers.get(userId) ?? openHelper(base, userId)
    helpers.set(userId, helper)
    return { data: await helper.call('calls', 'echo', value), transport: helper.transport }
  },
  /** Resolves with why the next peer of the client helper came to nothing. */
  helperFailure: (userId: string) =>
    new Promise<string>((resolve) => helpers.get(userId)?.on('failure', (reason) => resolve(reason))),
  /** Resolves when the calls of the client helper travel on that. */
  async helperTravelsOn(userId: string, transport: HookTransport) {
    const helper = helpers.get(userId)
    if (helper === undefined || helper.transport === transport) return
    await new Promise<void>((resolve) =>
      helper.on('transport', (now) => {
        if (now === transport) resolve()
      })
    )
  },
  /** Calls a hook over the WebSocket. */
  callHook: (userId: string, value: unknown) => user(userId).client.callHook('calls', 'echo', [value]),
  /** Calls a hook as if over the DataChannel; resolves with what the server sends back. */
  async send(userId: string, data: string) {
    const { channel } = user(userId).client
    const answered = new Promise((resolve) => channel.on('webrtc:data', resolve))
    channel.push('webrtc:send', { channel: 'events', data })
    return answered
  },
  /** Connects anew, as an application does when the browser is `online` again. */
  async reconnect(userId: string) {
    const { client } = user(userId)
    client.socket.disconnect()
    client.socket.connect()
    await rejoined(client.channel)
  },
  /** The states of its peers that the server told. */
  states: (userId: string) =>
    user(userId)
      .client.events.filter(({ event }) => event === 'webrtc:state')
      .map(({ payload }) => payload.state),
  /** The candidates of the server, and the pair that is in use on the client's side. */
  path: (userId: string) => user(userId).client.path()
}

export type ClientMethods = typeof methods

answer(methods)
