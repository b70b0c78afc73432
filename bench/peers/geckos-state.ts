/**
 * geckos.io as its documentation has it for state: messages that are neither ordered nor sent again, which
 * are its defaults, sent raw to a room.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { geckos } from '@geckos.io/server'
import { announce, onStopSignal, runProgram } from '../lib/program.js'
import { serveLoop } from '../lib/state-loop.js'

await runProgram(async ({ host, port }) => {
  const http = createServer()
  const io = geckos({ iceServers: [], bindAddress: '127.0.0.1', multiplex: false })
  io.addServer(http)
  const members = new Map<string, number>()
  io.onConnection((channel) => {
    channel.on('join', (name) => {
      const room = String(name)
      channel.join(room)
      members.set(room, (members.get(room) ?? 0) + 1)
    })
  })
  serveLoop(http, (room, state) => {
    io.raw.room(room).emit(state)
    return members.get(room) ?? 0
  })
  http.listen(port, host)
  await once(http, 'listening')
  announce({ host, port: (http.address() as AddressInfo).port })
  onStopSignal(() => process.exit(0))
})
