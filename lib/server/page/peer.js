import { disabledWebRtc, explainTrouble, missingWebRtc } from './peer-trouble.js'
import { tapDataChannel } from './tap.js'

/** For so long a peer may take to open, all tries together, before the page says what is wrong. */
const explainAfterMs = 6000

const noReply = 'no reply'
const retryAfterMs = [500, 1000, 2000, 5000]

/**
 * The WebRTC peer of this page: one RTCPeerConnection with the DataChannel `events`, signalled over
 * the joined user channel. When the connection or the server's side of it ends, the next is another
 * RTCPeerConnection: the server has no use for a second offer of one.
 *
 * @param channel The user channel of phoenix.js.
 * @param onState Called with `{ peer, dataChannel }` whenever one of the two states changes.
 * @param onTrouble Called with the reason why no peer opens, after some seconds, and with none once one does.
 * @param onMessage Called with the text of each message on `events`.
 */
export function createPeer({ channel, log, onState, onTrouble, onMessage }) {
  let connection = null
  let dataChannel = null
  /** Whether the server works on this connection's offer: what is pushed before is of an older one. */
  let accepted = false
  /** Counts what was opened and closed, so that an opening that was overtaken gives up. */
  let generation = 0
  let retries = 0
  let retryTimer
  /** What was seen since a DataChannel was last open; without one while there is no reason to worry. */
  let facts
  let explainTimer

  function report(peer = connection?.connectionState ?? 'none') {
    onState({ peer, dataChannel: dataChannel?.readyState ?? 'closed' })
  }

  /** Makes a connection and offers it; called after each join, and again after a failure. */
  async function open() {
    drop()
    const missing = missingWebRtc()
    if (missing) return giveUp('unsupported', missing)
    if (!facts) {
      facts = { local: new Set(), remote: new Set() }
      explainTimer = setTimeout(explain, explainAfterMs)
    }
    const mine = generation
    try {
      const { ice_servers: iceServers } = await request(channel, 'webrtc:config', {})
      if (mine === generation) await offer(new RTCPeerConnection({ iceServers }))
    } catch (error) {
      if (mine !== generation) return
      if (error.reason === 'webrtc_disabled') return giveUp('disabled', disabledWebRtc)
      facts.refusal = error.reason === noReply ? undefined : error.reason
      facts.failure = error.reason === undefined ? error.message : undefined
      retry()
    }
  }

  function explain() {
    explainTimer = undefined
    onTrouble(explainTrouble(facts))
  }

  /** There is nothing to worry about, or nothing any more. */
  function forget() {
    clearTimeout(explainTimer)
    explainTimer = facts = undefined
    onTrouble()
  }

  function giveUp(state, why) {
    close()
    report(state)
    onTrouble(why)
  }

  async function offer(made) {
    connection = made
    dataChannel = made.createDataChannel('events')
    tapDataChannel(dataChannel, log)
    watch(made, dataChannel)
    const early = []
    let send = (candidate) => early.push(candidate)
    made.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return
      facts?.local.add(candidate.candidate)
      send(candidate)
    }

    await made.setLocalDescription()
    if (facts) facts.isOffered = true
    const { sdp, type } = made.localDescription
    await request(channel, 'webrtc:offer', { sdp, type })
    if (made !== connection) return
    accepted = true
    facts.refusal = undefined
    send = (candidate) => channel.push('webrtc:ice', candidate.toJSON())
    early.forEach(send)
  }

  function watch(made, events) {
    made.onconnectionstatechange = () => {
      if (made !== connection) return
      report()
      if (made.connectionState === 'failed') retry()
    }
    made.oniceconnectionstatechange = () => {
      if (facts) facts.isReached = ['connected', 'completed'].includes(made.iceConnectionState)
    }
    events.onopen = () => {
      if (made !== connection) return
      retries = 0
      forget()
      report()
    }
    events.onclose = () => made === connection && retry()
    events.onmessage = ({ data }) => made === connection && onMessage(data)
    report()
  }

  /** Ends the peer, and the tries to have one. */
  function close() {
    drop()
    forget()
  }

  function drop() {
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
    drop()
    if (!channel.isJoined()) return
    // It is being talked about, and may be something else by now.
    if (facts && !explainTimer) explain()
    retryTimer = setTimeout(open, retryAfterMs[Math.min(retries++, retryAfterMs.length - 1)])
  }

  channel.on('webrtc:answer', (answer) => {
    if (!accepted) return
    if (facts) facts.isAnswered = true
    connection.setRemoteDescription(answer).catch(retry)
  })
  channel.on('webrtc:ice', (candidate) => {
    // One candidate that the browser cannot use does not end the connection.
    if (!accepted) return
    facts?.remote.add(candidate.candidate)
    connection.addIceCandidate(candidate).catch(() => {})
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

/** Pushes an event and waits for its reply; rejects with the reply's `error` as `reason`. @param ms for so long */
export function request(channel, event, payload, ms) {
  return new Promise((resolve, reject) => {
    const fail = (reason) => reject(Object.assign(new Error(reason), { reason }))
    channel
      .push(event, payload, ms)
      .receive('ok', resolve)
      .receive('error', ({ error, reason }) => fail(error ?? reason ?? 'error'))
      .receive('timeout', () => fail(noReply))
  })
}
