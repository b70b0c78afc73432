/** The server under soak: as an application in production has it, limits included, but for authentication. */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { demoHooks } from '../../lib/server/demo-hooks.js'
import phoenix, { type Param, userChannel } from '../../plugins/phoenix.js'
import { announce, onStopSignal, runProgram } from '../lib/program.js'

await runProgram(async ({ host, port }) => {
  const app = Fastify({ logger: false })
  await app.register(phoenix, {
    path: '/bench',
    connect: ({ user_id: userId }: { user_id?: Param }) => (typeof userId === 'string' ? { userId } : null),
    id: ({ assigns }) => `user_socket:${assigns.userId}`,
    channels: { 'user:*': userChannel({ hooks: [demoHooks()] }) },
    // All clients come from one address here, and those that were killed come back at once.
    limits: { connects: { count: 0, windowMs: 1 } },
    checkOrigin: false,
    webrtc: { bindAddress: host }
  })
  await app.listen({ host, port })
  announce({ host, port: (app.server.address() as AddressInfo).port })
  onStopSignal(() => app.close())
})
