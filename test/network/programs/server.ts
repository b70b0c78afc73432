/** A server with a user channel, for tests that run it on a host of its own. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import Fastify from 'fastify'
import phoenix, { userChannel, type WebRtcOptions } from '../../../plugins/phoenix.js'
import { answer } from '../../fixtures/program.js'
import { calls } from '../../fixtures/user-server.js'

const app = Fastify()

/** UDP sockets that this process has open. */
function udpSockets(): number {
  const open = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return ['udp', 'udp6']
    .flatMap((table) => readFileSync(`/proc/self/net/${table}`, 'utf8').trim().split('\n').slice(1))
    .filter((line) => open.includes(`socket:[${line.trim().split(/\s+/)[9]}]`)).length
}

const methods = {
  async start(webrtc: WebRtcOptions): Promise<void> {
    await app.register(phoenix, {
      connect: ({ user_id }) => ({ userId: user_id }),
      id: ({ assigns }) => `user_socket:${assigns.userId}`,
      channels: { 'user:*': userChannel({ hooks: [calls] }) },
      webrtc
    })
    await app.listen({ host: '::', port: 4000 })
  },
  udpSockets
}

export type ServerMethods = typeof methods

answer(methods)
