/** The load target whose peers share one UDP port, as where a firewall lets in no more than that. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { demoHooks } from '../lib/server/demo-hooks.js'
import { serveLoadTarget } from './lib/load-target.js'
import { runProgram } from './lib/program.js'

async function freeUdpPort(host: string): Promise<number> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

await runProgram(async (address) => {
  const udpPort = await freeUdpPort(address.host)
  await serveLoadTarget(address, [demoHooks()], { webrtc: { udpPort } })
})
