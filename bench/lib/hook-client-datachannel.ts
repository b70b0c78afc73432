import { once } from 'node:events'
import { type DataChannel, type DataChannelInitConfig, PeerConnection } from 'node-datachannel'
import type { Answered, HookClient } from './closed-loop.js'
import type { CandidatePayload, DescriptionPayload } from './frames.js'
import { PhoenixConnection } from './phoenix-connection.js'

const openLimitMs = 15_000

export interface PeerOptions {
  /** Address of the client's peer. Default 127.0.0.1. */
  bindAddress?: string
  /** How the DataChannel delivers. Default: reliably and in order. */
  channel?: DataChannelInitConfig
}

interface HookReply {
  type: string
  id: number
  data?: unknown
}

/** Joins, offers a peer through the user channel and resolves once the DataChannel `events` is open. */
async function open(
  url: string,
  userId: string,
  options: PeerOptions
): Promise<[DataChannel, close: () => void]> {
  const { bindAddress = '127.0.0.1', channel: config = {} } = options
  const connection = await PhoenixConnection.join(url, userId)
  const peer = new PeerConnection(userId, { iceServers: [], bindAddress })
  const close = (): void => {
    peer.close()
    connection.close()
  }
  const demandOk = (event: string, payload: DescriptionPayload | CandidatePayload): void =>
    connection.push(event, JSON.stringify(payload), ({ status, response }) => {
      if (status !== 'ok') lost.abort(new Error(`${event}: ${JSON.stringify(response)}`))
    })
  const lost = new AbortController()
  connection.onLost = (error) => lost.abort(error)
  const late = setTimeout(() => lost.abort(new Error(`${userId}: no open DataChannel`)), openLimitMs)

  // The callbacks for descriptions and candidates come in no fixed order; the offer has to go first.
  let offered = false
  const early: CandidatePayload[] = []
  peer.onLocalDescription((sdp) => {
    demandOk('webrtc:offer', { sdp, type: 'offer' })
    offered = true
    for (const candidate of early.splice(0)) demandOk('webrtc:ice', candidate)
  })
  peer.onLocalCandidate((text, sdpMid) => {
    const candidate = { candidate: text.replace(/^a=/, ''), sdpMid, sdpMLineIndex: 0 }
    if (offered) demandOk('webrtc:ice', candidate)
    else early.push(candidate)
  })
  peer.onStateChange((state) => {
    if (state === 'failed') lost.abort(new Error(`${userId}: the peer failed`))
  })
  connection.on('webrtc:answer', (payload) => {
    try {
      peer.setRemoteDescription((payload as DescriptionPayload).sdp, 'answer')
    } catch (error) {
      // The library has given up on a peer whose state says so only later.
      lost.abort(error)
    }
  })
  connection.on('webrtc:ice', (payload) => {
    const { candidate, sdpMid } = payload as CandidatePayload
    if (candidate !== '' && !lost.signal.aborted) peer.addRemoteCandidate(candidate, sdpMid)
  })

  const opened = new EventTarget()
  const channel = peer.createDataChannel('events', config)
  channel.onOpen(() => opened.dispatchEvent(new Event('open')))
  try {
    await once(opened, 'open', { signal: lost.signal })
  } catch {
    close()
    throw lost.signal.reason
  } finally {
    clearTimeout(late)
  }
  return [channel, close]
}

const attempts = 3

/** A client's peer fails now and then on a machine that is busy; that is no part of what is measured. */
async function openPatiently(...args: Parameters<typeof open>): ReturnType<typeof open> {
  for (let left = attempts - 1; left > 0; left--) {
    try {
      return await open(...args)
    } catch {
      // Once more, with a peer of its own.
    }
  }
  return open(...args)
}

/** Calls `demo.echo` over the DataChannel `events` of a user's peer. */
export async function connectDataChannel(
  url: string,
  userId: string,
  value: string,
  options: PeerOptions = {}
): Promise<HookClient> {
  const [channel, close] = await openPatiently(url, userId, options)
  const head = `{"type":"call_hook","plugin":"demo","fn":"echo","args":[${JSON.stringify(value)}],"id":`
  const calls = new Map<number, Answered>()
  let lastId = 0
  let closed = false
  channel.onMessage((message) => {
    const { type, id, data } = JSON.parse(String(message)) as HookReply
    const answered = calls.get(id)
    calls.delete(id)
    answered?.(type === 'hook_reply' && data === value ? undefined : new Error(`answered: ${message}`))
  })
  channel.onClosed(() => {
    if (closed) return
    for (const answered of calls.values()) answered(new Error(`${userId}: the DataChannel closed`))
  })
  return {
    call(answered) {
      const id = ++lastId
      calls.set(id, answered)
      channel.sendMessage(`${head}${id}}`)
    },
    close() {
      closed = true
      close()
    }
  }
}
