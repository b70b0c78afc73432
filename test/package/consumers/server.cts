import phoenix, { defineChannel, defineHooks, errors, userChannel } from 'fastify-phoenix'

import fastify = require('fastify')
import client = require('fastify-phoenix/client')

const arena = defineHooks('arena', {
  fire: (call, x: number, y: number) => ({ hit: x > y, by: call.userId })
})

export async function start(): Promise<typeof client.HookError> {
  const app = fastify.default()
  await app.register(phoenix, {
    connect: ({ token }) => ({ userId: String(token) }),
    channels: {
      'user:*': userChannel({ hooks: [arena] }),
      'room:*': defineChannel({ join: () => ({ status: 'ok' }) })
    }
  })
  app.phoenix.broadcast('room:1', 'say', { text: 'hi' })
  if (app.phoenix.socketCount < 0) throw new errors.InvalidOption('path', 'is wrong')
  return client.HookError
}
