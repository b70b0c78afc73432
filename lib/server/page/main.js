import { createCaller } from './caller.js'
import { createChart } from './chart.js'
import { createChat } from './chat.js'
import { byId, setBadge, setNotice } from './dom.js'
import { createFrameLog } from './frames.js'
import { createHooks } from './hooks.js'
import { identify } from './identity.js'
import { createNetwork } from './network.js'
import { createPeer } from './peer.js'
import { Socket } from './phoenix.mjs'
import { tappedWebSocket } from './tap.js'

const reconnectAfterMs = [50, 100, 250, 500, 1000]

const frames = createFrameLog()
const identity = await identify().catch((error) => setNotice(error.message))
if (identity) start(identity)

/** Which node of a cluster this is; alone it is no news, and without the demo hooks nobody knows. */
async function showNode(hooks) {
  const { ok, value } = await hooks.call('websocket', 'demo', 'node', [])
  const badge = byId('badge-node')
  badge.hidden = !ok || value.nodes < 2
  if (!badge.hidden) setBadge('node', value.node.slice(0, 6), `${value.node}, one of ${value.nodes} nodes`)
}

function start({ userId }) {
  document.title = `${userId} - fastify-phoenix`
  const network = createNetwork()
  const tapped = tappedWebSocket(frames.add, () => setBadge('socket', 'connecting'))
  const socket = new Socket('/socket', {
    params: () => ({ token: identity.token }),
    transport: network.transport(tapped, frames.add),
    reconnectAfterMs(tries) {
      const ms = reconnectAfterMs[tries - 1] ?? 2000
      const leftMs = network.leftMs()
      return leftMs > 0 ? Math.min(ms, leftMs) : ms
    }
  })
  const channel = socket.channel(`user:${userId}`)
  const hooks = createHooks(channel)
  const peer = createPeer({
    channel,
    log: frames.add,
    onMessage: hooks.receive,
    onState(state) {
      setBadge('peer', state.peer)
      setBadge('datachannel', state.dataChannel)
      if (state.dataChannel !== 'open') hooks.dataChannelClosed()
    },
    onTrouble: (why) => setNotice(why, 'peer-notice')
  })
  hooks.usePeer(peer)

  const showChannel = (detail) => setBadge('channel', channel.state, detail)

  socket.onOpen(() => {
    setNotice()
    setBadge('socket', 'open')
    showChannel()
  })
  socket.onClose(({ code }) => {
    setBadge('socket', 'closed', `code ${code}`)
    if (network.leftMs() > 0) return
    setNotice('The connection to the server is lost or refused. Trying again...')
    // The server may have come back with another secret, or the token may have ended.
    identity.refresh()
  })
  channel.onError(() => {
    showChannel()
    peer.close()
  })
  network.onCut(() => {
    setNotice('You have cut the network for ten seconds.')
    peer.close()
  })
  channel.on('token_expiring', async () => {
    await identity.refresh()
    channel.push('access_token', { token: identity.token })
  })

  createCaller(hooks)
  createChat(socket, userId, network)
  createChart(hooks).start()

  // phoenix.js calls back for each later rejoin too, which is what makes a new peer then.
  channel
    .join()
    .receive('ok', () => {
      showChannel()
      showNode(hooks)
      peer.open()
    })
    .receive('error', ({ reason }) => {
      showChannel(reason)
      setNotice(`The server refuses to join ${channel.topic}: ${reason}`)
    })
  socket.connect()
}
