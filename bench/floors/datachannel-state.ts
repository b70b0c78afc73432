/**
 * The least that state for a room can cost: node-datachannel by itself, which sends one buffer to each
 * DataChannel of a list. It looks at nothing, and drops nothing.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DataChannel } from 'node-datachannel'
import { WebSocketServer } from 'ws'
import { acceptPeer } from '../lib/floor-peer.js'
import { announce, onStopSignal, runProgram } from '../lib/program.js'
import { serveLoop } from '../lib/state-loop.js'

await runProgram(async ({ host, port }) => {
  const http = createServer()
  const server = new WebSocketServer({ server: http })
  const rooms = new Map<string, Set<DataChannel>>()
  server.on('connection', (client) =>
    acceptPeer(client, (channel, topics) => {
      // The user's own channel, which the offer comes through, is joined first.
      const room = topics.at(-1) ?? ''
      const members = rooms.get(room) ?? new Set()
      rooms.set(room, members.add(channel))
      channel.onMessage(() => {})
      channel.onClosed(() => members.delete(channel))
    })
  )
  serveLoop(http, (room, state) => {
    const members = rooms.get(room) ?? new Set()
    for (const member of members) member.sendMessageBinary(state)
    return members.size
  })
  http.listen(port, host)
  await once(http, 'listening')
  announce({ host, port: (http.address() as AddressInfo).port })
  onStopSignal(() => server.close())
})
