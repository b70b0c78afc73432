/**
 * geckos.io as its documentation has it, with ordered messages that are sent again when they are lost:
 * by default it drops them, and a call without an answer would stop the load.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { geckos } from '@geckos.io/server'
import { announce, onStopSignal, runProgram } from '../lib/program.js'

await runProgram(async ({ host, port }) => {
  const http = createServer()
  const io = geckos({
    iceServers: [],
    bindAddress: '127.0.0.1',
    ordered: true,
    maxRetransmits: 65_535,
    autoManageBuffering: false,
    multiplex: false
  })
  io.addServer(http)
  io.onConnection((channel) => {
    channel.on('call_hook', (call) => {
      const { args, id } = call as { args: unknown[]; id: number }
      channel.emit('reply', { id, data: args[0] })
    })
  })
  http.listen(port, host)
  await once(http, 'listening')
  announce({ host, port: (http.address() as AddressInfo).port })
  onStopSignal(() => process.exit(0))
})
