import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { ClientDataChannel } from '../../lib/load/clients/client-library.js'
import { enterUser, openUserPeer, userTopic } from '../lib/clients.js'

/** What a hostile client does: resolves when it is through, or was refused. */
export type Attack = (url: string, userId: string) => Promise<void>

const events = ['webrtc:offer', 'webrtc:ice', 'webrtc:send', 'webrtc:close', 'call_hook', 'access_token', 'x']
const junk = [
  'null',
  '[]',
  '1',
  '"text"',
  '{"sdp":null,"type":"offer"}',
  '{"candidate":{"toString":1}}',
  '{"__proto__":{"sdp":"v=0"}}',
  '{"channel":"events","data":"{}"}',
  '{"plugin":"demo","fn":"__proto__","args":{"length":1e9}}',
  `{"candidate":"candidate:1 1 UDP 1 host.local 9 typ host","sdpMid":"0"}`
]
const call = '{"type":"call_hook","plugin":"demo","fn":"echo","args":[1]}'

export function pick<T>(values: readonly T[]): T {
  return values[randomInt(values.length)] as T
}

/** Replies are asked for: they cost the server something, too. */
const ignore = (): void => {}

function offerOf(media: string[], attributes: string[]): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
    ...media,
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=ice-ufrag:frag',
    'a=ice-pwd:passwordpasswordpassword',
    'a=setup:actpass',
    'a=sctp-port:5000',
    ...attributes
  ]
  if (randomInt(2) === 0) lines[randomInt(lines.length)] = randomBytes(20).toString('latin1')
  return JSON.stringify({ type: 'offer', sdp: `${lines.join('\r\n')}\r\n` })
}

/** An offer that parses up to some point. */
function brokenOffer(): string {
  const media = Array(randomInt(20)).fill('m=audio 9 UDP/TLS/RTP/SAVPF 111')
  return offerOf(media, Array(randomInt(500)).fill('a=x-bomb:1'))
}

/** As large an offer as is looked at, of lines that are as short as can be, or candidates. */
function bomb(): string {
  const candidate = (_: unknown, i: number): string =>
    `a=candidate:1 1 UDP 1 1.2.${i >> 8}.${i & 255} 9 typ host`
  return offerOf([], randomInt(2) === 0 ? Array(10_000).fill('a=') : Array.from({ length: 1200 }, candidate))
}

/** Opens a bare WebSocket for the attack, and drops it `ms` milliseconds behind that. */
async function overSocket(
  url: string,
  userId: string,
  ms: number,
  attack: (socket: WebSocket) => void
): Promise<void> {
  const socket = new WebSocket(`${url}/websocket?user_id=${userId}&vsn=2.0.0`)
  await once(socket, 'open')
  socket.on('error', () => {})
  socket.on('message', () => {})
  attack(socket)
  await setTimeout(ms)
  socket.terminate()
}

/** Joins the user channel for the attack, and leaves `ms` milliseconds behind that. */
async function overChannel(
  url: string,
  userId: string,
  ms: number,
  attack: (push: (event: string, payload: string) => void) => void
): Promise<void> {
  const connection = await enterUser(url, userId)
  attack((event, payload) => connection.push(userTopic(userId), event, payload, ignore))
  await setTimeout(ms)
  void connection.close()
}

/** Opens a DataChannel for the attack, and closes its peer `ms` milliseconds behind that. */
async function overPeer(
  url: string,
  userId: string,
  ms: number,
  attack: (channel: ClientDataChannel, push: (event: string, payload: string) => void) => void
): Promise<void> {
  const connection = await enterUser(url, userId)
  try {
    const { channel, close } = await openUserPeer(connection, userId)
    attack(channel, (event, payload) => connection.push(userTopic(userId), event, payload, ignore))
    await setTimeout(ms)
    close()
  } finally {
    void connection.close()
  }
}

const garbageFrames: Attack = (url, userId) =>
  overSocket(url, userId, 100, (socket) => {
    const frame = `[null,"1","user:${userId}",${pick(junk)}]`
    socket.send(randomInt(2) === 0 ? randomBytes(randomInt(2000)) : frame)
  })

const garbageEvents: Attack = (url, userId) =>
  overChannel(url, userId, 200, (push) => {
    for (let i = 0; i < 250; i++) {
      const event = pick(events)
      push(event, event === 'webrtc:offer' && i % 2 ? brokenOffer() : pick(junk))
    }
  })

const garbageData: Attack = (url, userId) =>
  overPeer(url, userId, 500, (channel) => {
    for (let i = 0; i < 1000 && channel.isOpen(); i++) {
      if (randomInt(2) === 0) channel.sendMessageBinary(randomBytes(randomInt(1000)))
      else channel.sendMessage(pick(junk))
    }
  })

/** Heartbeats, messages of a join that is no more, and pings: what counts against no limit. */
const floodOfFrames: Attack = (url, userId) =>
  overSocket(url, userId, 500, (socket) => {
    for (let i = 0; i < 5000; i++) {
      socket.send('[null,"1","phoenix","heartbeat",{}]')
      socket.send(`["9","2","user:${userId}","call_hook",{}]`)
      if (i % 10 === 0) socket.ping()
    }
  })

const floodOfPongs: Attack = (url, userId) =>
  overSocket(url, userId, 500, (socket) => {
    for (let i = 0; i < 20_000; i++) socket.pong()
  })

/** One message in pieces with nothing in them. */
const floodOfPieces: Attack = (url, userId) =>
  overSocket(url, userId, 500, (socket) => {
    for (let i = 0; i < 20_000; i++) socket.send('', { fin: false })
  })

const sdpBombs: Attack = (url, userId) =>
  overChannel(url, userId, 500, (push) => {
    for (let i = 0; i < 50; i++) push('webrtc:offer', bomb())
  })

const candidatesByTheThousand: Attack = (url, userId) =>
  overPeer(url, userId, 300, (_channel, push) => {
    for (let i = 0; i < 2000; i++) {
      const address = i % 2 ? `host-${i}.local` : `10.0.${i >> 8}.${i & 255}`
      push(
        'webrtc:ice',
        JSON.stringify({ candidate: `candidate:1 1 UDP 1 ${address} 9 typ host`, sdpMid: '0' })
      )
    }
  })

/** As many messages, and as large ones, as the link takes, in one DataChannel. */
const floodOfData: Attack = (url, userId) =>
  overPeer(url, userId, 500, (channel) => {
    const bytes = randomBytes(32 * 1024)
    for (let i = 0; i < 1000 && channel.isOpen(); i++) {
      channel.sendMessage(call)
      if (i % 10 === 0) channel.sendMessageBinary(bytes)
    }
  })

export const attacks: readonly Attack[] = [
  garbageFrames,
  garbageEvents,
  garbageData,
  floodOfFrames,
  floodOfPongs,
  floodOfPieces,
  sdpBombs,
  candidatesByTheThousand,
  floodOfData
]
