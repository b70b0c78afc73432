/**
 * The least that a join with presence can cost: `ws` by itself, which sends the list and the diff that
 * were written before. It tracks nobody.
 */
import { type WebSocket, WebSocketServer } from 'ws'
import type { Frame } from '../lib/frames.js'
import { runFloor } from '../lib/program.js'

interface Room {
  readonly members: Set<WebSocket>
  state: Buffer
  joined: Buffer
  left: Buffer
}

/** As long as what our own server tracks. */
const entry = (key: string): [string, object] => [key, { metas: [{ phx_ref: 'abcdefgh1234' }] }]

function write(topic: string, event: string, payload: object): Buffer {
  return Buffer.from(JSON.stringify([null, null, topic, event, payload]))
}

function makeRoom(topic: string): Room {
  const joiner = Object.fromEntries([entry('joiner1x1')])
  return {
    members: new Set(),
    state: write(topic, 'presence_state', joiner),
    joined: write(topic, 'presence_diff', { joins: joiner, leaves: {} }),
    left: write(topic, 'presence_diff', { joins: {}, leaves: joiner })
  }
}

function tell({ members }: Room, frame: Buffer): void {
  for (const member of members) member.send(frame, { binary: false })
}

await runFloor((address) => {
  const server = new WebSocketServer(address)
  const rooms = new Map<string, Room>()
  server.on('connection', (client) => {
    client.on('message', (bytes) => {
      const [joinRef, ref, topic, event, payload] = JSON.parse(String(bytes)) as Frame<{
        track?: boolean
        keys?: number
      }>
      client.send(JSON.stringify([joinRef, ref, topic, 'phx_reply', { status: 'ok', response: {} }]))
      const room = rooms.get(topic) ?? makeRoom(topic)
      rooms.set(topic, room)
      if (event === 'fill') {
        const keys = Array.from({ length: payload.keys ?? 0 }, (_, n) => entry(`present${n}`))
        room.state = write(topic, 'presence_state', Object.fromEntries(keys))
        return
      }
      room.members.add(client)
      const { track = true } = payload
      if (track) {
        client.send(room.state, { binary: false })
        tell(room, room.joined)
      }
      client.on('close', () => {
        room.members.delete(client)
        if (track) tell(room, room.left)
      })
    })
  })
  return server
})
