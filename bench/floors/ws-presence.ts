/**
 * The least that a join with presence can cost: `ws` by itself, which sends the list and the diff that
 * were written before. It tracks nobody.
 */
import { type WebSocket, WebSocketServer } from 'ws'
import type { Frame } from '../lib/frames.js'
import { runFloor } from '../lib/program.js'

interface Room {
  readonly members: Set<WebSocket>
  readonly state: Buffer
  readonly joined: Buffer
  readonly left: Buffer
}

type Entries = Record<string, object>

let refs = 0

/** Its ref is as long as that of our own server, which is eight characters and a count. */
function entry(key: string): Entries {
  return { [key]: { metas: [{ phx_ref: `abcdefgh${(refs++).toString(36)}` }] } }
}

function write(topic: string, event: string, payload: object): Buffer {
  return Buffer.from(JSON.stringify([null, null, topic, event, payload]))
}

/** Who joins is in the list that they get, by a name that is as long as theirs. */
function makeRoom(topic: string, present: Entries = {}, members = new Set<WebSocket>()): Room {
  const joiner = entry('joiner000000')
  return {
    members,
    state: write(topic, 'presence_state', { ...present, ...joiner }),
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
        const present: Entries = {}
        for (let n = 0; n < (payload.keys ?? 0); n++) Object.assign(present, entry(`present${n}`))
        rooms.set(topic, makeRoom(topic, present, room.members))
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
