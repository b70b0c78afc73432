import Fastify from 'fastify'
import phoenix, {
  type Awaitable,
  type Channel,
  defineChannel,
  defineHooks,
  errors,
  type Logger,
  type PhoenixService,
  redactingStream,
  userChannel
} from 'fastify-phoenix'

interface Member extends Record<string, unknown> {
  userId: string
}

export const arena = defineHooks('arena', {
  fire: (call, x: number, y: number) => ({ hit: x > y, by: call.userId }),
  find: (_call, { id }: { id: bigint }) => ({ id, bytes: new Uint8Array(2), at: new Date() })
})

const room = defineChannel<Member>({
  join: (params: { name: string }, channel) => ({
    status: 'ok',
    response: params.name + channel.assigns.userId
  }),
  handleIn: {
    say(payload: { text: string }, channel) {
      channel.broadcast('say', { text: payload.text, from: channel.assigns.userId })
    },
    later: async (payload: { ms: number }): Promise<{ status: string }> => ({ status: `${payload.ms}` })
  },
  handleOut: {
    say(message: { text: string }, channel: Channel<Member>) {
      channel.push('say', message)
    }
  }
})

const one = defineChannel({
  join: () => ({ status: 'ok' }),
  handleIn: (event: string, payload: { a: number }) => ({ status: event, response: payload.a })
})

const log = (logger: Logger, value: Awaitable<string>): void => logger.info({ value }, 'seen')

export async function start(): Promise<PhoenixService> {
  const app = Fastify({ logger: { stream: redactingStream(process.stdout) } })
  await app.register(phoenix, {
    connect: async ({ token }) => ({ userId: String(token) }),
    id: ({ assigns }) => `user_socket:${assigns.userId}`,
    channels: {
      'user:*': userChannel<Member>({
        hooks: [arena],
        handleIn: { ask: ({ q }: { q: string }) => ({ status: q }) }
      }),
      'room:*': room,
      one
    }
  })
  log(app.log, 'a')
  app.phoenix.broadcast('room:1', 'say', { text: 'hi' })
  try {
    await app.listen({ port: 0 })
  } catch (err) {
    if (err instanceof errors.InvalidOption) console.log(err.code, err.statusCode, err.message)
    throw new errors.InvalidOption('path', 'is wrong')
  }
  return app.phoenix
}

// @ts-expect-error its arguments are a name and a problem
new errors.InvalidOption(5)
// @ts-expect-error there is no such option
userChannel({ hook: [] })
