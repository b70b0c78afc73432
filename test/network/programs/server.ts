/** A server with a user channel, for tests that run it on a host of its own. */
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import Fastify from 'fastify'
import phoenix, { defineHooks, userChannel, type WebRtcOptions } from '../../../plugins/phoenix.js'
import { answer } from '../../fixtures/program.js'
import { deferred } from '../../fixtures/test-socket.js'
import { calls } from '../../fixtures/user-server.js'

const app = Fastify()

const [running, aborted] = [deferred(), deferred<string>()]
const slow = defineHooks('slow', {
  async waits({ signal }) {
    running.resolve()
    await once(signal, 'abort')
    aborted.resolve((signal.reason as { code: string }).code)
  }
})

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
      channels: { 'user:*': userChannel({ hooks: [calls, slow] }) },
      // A network may take longer to be missed than a hook has.
      limits: { hookTimeoutMs: 3_600_000 },
      webrtc
    })
    await app.listen({ host: '::', port: 4000 })
  },
  udpSockets,
  /** Resolves when `slow.waits` has been called. */
  running: () => running.promise,
  /** Why the first call of `slow.waits` was aborted. */
  aborted: () => aborted.promise
}

export type ServerMethods = typeof methods

answer(methods)
