/** Socket.IO as its documentation has it: acknowledgements for calls, a room for broadcasts. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server } from 'socket.io'
import type { HookCallPayload } from '../lib/frames.js'
import { announce, onStopSignal, runProgram } from '../lib/program.js'

type Acknowledge = (reply: object) => void

await runProgram(async ({ host, port }) => {
  const http = createServer()
  const io = new Server(http, { transports: ['websocket'], serveClient: false })
  io.on('connection', (socket) => {
    socket.on('call_hook', ({ args }: HookCallPayload, acknowledge: Acknowledge) => {
      acknowledge({ data: args[0] })
    })
    socket.on('join', (room: string, acknowledge: Acknowledge) => {
      socket.join(room)
      acknowledge({})
    })
    socket.on('shout', (payload: object) => io.to('room').emit('shout', payload))
  })
  http.listen(port, host)
  await once(http, 'listening')
  announce({ host, port: (http.address() as AddressInfo).port })
  onStopSignal(() => io.close())
})
