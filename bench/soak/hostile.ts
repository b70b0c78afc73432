import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { enterUser, openUserPeer, userTopic } from '../lib/clients.js'

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

function pick<T>(values: readonly T[]): T {
  return values[randomInt(values.length)] as T
}

/** An offer that parses up to some point. */
function brokenOffer(): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
    ...Array(randomInt(20)).fill('m=audio 9 UDP/TLS/RTP/SAVPF 111'),
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=ice-ufrag:frag',
    'a=ice-pwd:passwordpasswordpassword',
    'a=setup:actpass',
    'a=sctp-port:5000',
    ...Array(randomInt(500)).fill('a=x-bomb:1')
  ]
  if (randomInt(2) === 0) lines[randomInt(lines.length)] = randomBytes(20).toString('latin1')
  return JSON.stringify({ type: 'offer', sdp: `${lines.join('\r\n')}\r\n` })
}

async function garbageFrames(url: string, userId: string): Promise<void> {
  const socket = new WebSocket(`${url}/websocket?user_id=${userId}&vsn=2.0.0`)
  await once(socket, 'open')
  socket.on('error', () => {})
  socket.send(randomInt(2) === 0 ? randomBytes(randomInt(2000)) : `[null,"1","user:${userId}",${pick(junk)}]`)
  await setTimeout(100)
  socket.terminate()
}

async function garbageEvents(url: string, userId: string): Promise<void> {
  const connection = await enterUser(url, userId)
  const topic = userTopic(userId)
  for (let i = 0; i < 250; i++) {
    const event = pick(events)
    connection.push(topic, event, event === 'webrtc:offer' && i % 2 ? brokenOffer() : pick(junk), () => {})
  }
  await setTimeout(200)
  void connection.close()
}

async function garbageData(url: string, userId: string): Promise<void> {
  const connection = await enterUser(url, userId)
  try {
    const { channel, close } = await openUserPeer(connection, userId)
    for (let i = 0; i < 1000 && channel.isOpen(); i++) {
      if (randomInt(2) === 0) channel.sendMessageBinary(randomBytes(randomInt(1000)))
      else channel.sendMessage(pick(junk))
    }
    await setTimeout(500)
    close()
  } finally {
    void connection.close()
  }
}

/** Clients who send what no client should, until their process is killed. */
export async function runHostile(url: string): Promise<void> {
  process.on('message', () => process.send?.('still here'))
  process.send?.('ready')
  for (let i = 0; ; i++) {
    const attack = pick([garbageFrames, garbageEvents, garbageData])
    // Being refused or cut off is what is to be expected.
    await attack(url, `hostile-${process.pid}-${i % 50}`).catch(() => {})
    await setTimeout(20)
  }
}
