import { type DataChannel, PeerConnection } from 'node-datachannel'
import type { Answered, HookClient } from './closed-loop.js'

const openLimitMs = 30_000

interface Connection {
  id: string
  localDescription: { sdp: string; type: 'offer' }
}

/** A client's peer whose DataChannel is open. It has to be held: what nothing refers to is closed. */
export interface GeckosPeer {
  readonly channel: DataChannel
  close(): void
}

/** Connects a client of geckos.io: HTTP signalling, in which the server makes the offer. */
export async function openGeckos(url: string, userId: string): Promise<GeckosPeer> {
  const peer = new PeerConnection(userId, { iceServers: [], bindAddress: '127.0.0.1' })
  try {
    const opened = opening(peer)
    // Until it is waited for, nobody else hears that it failed.
    opened.catch(() => {})
    await signal(peer, `${url.replace(/^ws/, 'http')}/.wrtc/v2/connections`)
    return { channel: await opened, close: () => peer.close() }
  } catch (error) {
    peer.close()
    throw error
  }
}

function opening(peer: PeerConnection): Promise<DataChannel> {
  return new Promise((resolve, reject) => {
    const fail = (problem: string): void => {
      clearTimeout(late)
      reject(new Error(`geckos.io: ${problem}`))
    }
    const late = setTimeout(() => fail('no open DataChannel'), openLimitMs)
    peer.onStateChange((state) => {
      if (state === 'failed' || state === 'closed') fail(`the peer ${state}`)
    })
    peer.onDataChannel((channel) => {
      clearTimeout(late)
      // Without this one the library keeps the channel after it was closed, and with it the process.
      channel.onClosed(() => {})
      resolve(channel)
    })
  })
}

/** Calls hooks over JSON messages of one key, which is the event. */
export async function connectGeckos(url: string, userId: string, value: string): Promise<HookClient> {
  const { channel, close } = await openGeckos(url, userId)
  const head = `{"call_hook":{"args":[${JSON.stringify(value)}],"id":`
  const calls = new Map<number, Answered>()
  let lastId = 0
  channel.onMessage((message) => {
    const { id, data } = (JSON.parse(String(message)) as { reply: { id: number; data: unknown } }).reply
    const answered = calls.get(id)
    calls.delete(id)
    answered?.(data === value ? undefined : new Error('geckos.io answered something else'))
  })
  return {
    call(answered) {
      const id = lastId++
      calls.set(id, answered)
      channel.sendMessage(`${head}${id}}}`)
    },
    close
  }
}

async function signal(peer: PeerConnection, connections: string): Promise<void> {
  const made = await fetch(connections, { method: 'POST' })
  if (!made.ok) throw new Error(`geckos.io answered ${made.status}`)
  const { id, localDescription } = (await made.json()) as Connection
  // Its answer carries all candidates: those of one loopback interface are known at once.
  const gathered = new Promise<void>((resolve) => {
    peer.onGatheringStateChange((state) => {
      if (state === 'complete') resolve()
    })
  })
  peer.setRemoteDescription(localDescription.sdp, localDescription.type)
  await gathered
  await fetch(`${connections}/${id}/remote-description`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(peer.localDescription())
  })
  const more = await fetch(`${connections}/${id}/additional-candidates`)
  for (const { candidate, sdpMid } of (await more.json()) as { candidate: string; sdpMid: string }[]) {
    peer.addRemoteCandidate(candidate, sdpMid)
  }
}
