import { tapDataChannel } from './tap.js'

const retryAfterMs = [500, 1000, 2000, 5000]

/**
 * The WebRTC peer of this page: one RTCPeerConnection with the DataChannel `events`, signalled over
 * the joined user channel. It offers anew when the connection or the server's side of it ends.
 *
 * @param channel The user channel of phoenix.js.
 * @param onState Called with `{ peer, dataChannel }` whenever one of the two states changes.
 * @param onMessage Called with the text of each message on `events`.
 */
export function createPeer({ channel, log, onState, onMessage }) {
  let connection = null
  let dataChannel = null
  /** Whether the server works on this connection's offer: what is pushed before is of an older one. */
  let accepted = false
  /** Counts what was opened and closed, so that an opening that was overtaken gives up. */
  let generation = 0
  let retries = 0
  let retryTimer

  function report(peer = connection?.connectionState ?? 'none') {
    onState({ peer, dataChannel: dataChannel?.readyState ?? 'closed' })
  }

  /** Makes a connection and offers it; called after each join, and again after a failure. */
  async function open() {
    close()
    const mine = generation
    try {
      const { ice_servers: iceServers } = await request(channel, 'webrtc:config', {})
      if (mine === generation) await offer(new RTCPeerConnection({ iceServers }))
    } catch (error) {
      if (mine !== generation) return
      if (error.reason === 'webrtc_disabled') disabled()
      else retry()
    }
  }

  async function offer(made) {
    connection = made
    dataChannel = made.createDataChannel('events')
    tapDataChannel(dataChannel, log)
    watch(made, dataChannel)
    const early = []
    let send = (candidate) => early.push(candidate)
    made.onicecandidate = ({ candidate }) => candidate && send(candidate)

    await made.setLocalDescription()
    const { sdp, type } = made.localDescription
    await request(channel, 'webrtc:offer', { sdp, type })
    if (made !== connection) return
    accepted = true
    send = (candidate) => channel.push('webrtc:ice', candidate.toJSON())
    early.forEach(send)
  }

  function watch(made, events) {
    made.onconnectionstatechange = () => {
      if (made !== connection) return
      report()
      if (made.connectionState === 'failed') retry()
    }
    events.onopen = () => {
      if (made !== connection) return
      retries = 0
      report()
    }
    events.onclose = () => made === connection && retry()
    events.onmessage = ({ data }) => made === connection && onMessage(data)
    report()
  }

  function close() {
    clearTimeout(retryTimer)
    generation++
    const closing = connection
    connection = null
    dataChannel = null
    accepted = false
    closing?.close()
    report()
  }

  function retry() {
    close()
    if (!channel.isJoined()) return
    retryTimer = setTimeout(open, retryAfterMs[Math.min(retries++, retryAfterMs.length - 1)])
  }

  function disabled() {
    close()
    report('disabled')
  }

  channel.on('webrtc:answer', (answer) => {
    if (accepted) connection.setRemoteDescription(answer).catch(retry)
  })
  channel.on('webrtc:ice', (candidate) => {
    // One candidate that the browser cannot use does not end the connection.
    if (accepted) connection.addIceCandidate(candidate).catch(() => {})
  })
  channel.on('webrtc:state', ({ state }) => {
    if (accepted && (state === 'closed' || state === 'failed')) retry()
  })

  return {
    open,
    close,
    get isOpen() {
      return dataChannel?.readyState === 'open'
    },
    send: (text) => dataChannel.send(text)
  }
}

/** Pushes an event and waits for its reply; rejects with the reply's `error` as `reason`. */
export function request(channel, event, payload) {
  return new Promise((resolve, reject) => {
    const fail = (reason) => reject(Object.assign(new Error(reason), { reason }))
    channel
      .push(event, payload)
      .receive('ok', resolve)
      .receive('error', ({ error, reason }) => fail(error ?? reason ?? 'error'))
      .receive('timeout', () => fail('no reply'))
  })
}
