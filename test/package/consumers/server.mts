import Fastify from 'fastify'
import phoenix, {
  type AuthenticatedAssigns,
  type Awaitable,
  authenticate,
  type Channel,
  type ChannelDefinition,
  type Connect,
  createJwtVerifier,
  createPeer,
  defineChannel,
  defineHooks,
  errors,
  type Logger,
  type Params,
  type PhoenixOptions,
  type PhoenixService,
  redactingStream,
  userChannel
} from 'fastify-phoenix'

interface Member {
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

const connectMember = async ({ token }: Params): Promise<Member | null> =>
  token === undefined ? null : { userId: String(token) }
const connectAny: Connect = connectMember
const stateOf = (channel: Channel<object>): string =>
  createPeer(channel, { userId: channel.topic }).connectionState
const definition: ChannelDefinition<Member> = {
  join: (_params, channel) => ({ status: 'ok', response: channel.assigns.userId + stateOf(channel) })
}
export const memberOptions: PhoenixOptions<Member> = {
  connect: connectMember,
  id: ({ assigns }) => assigns.userId,
  expiresAt: ({ assigns }) => assigns.userId.length,
  channels: { definition: defineChannel(definition) }
}

interface Session {
  admin: boolean
}
const { verifyToken, ...socket } = authenticate({
  verify: createJwtVerifier({ secret: 'secret', algorithms: ['HS256'] }),
  assigns: (): Session => ({ admin: true })
})
export const authenticated: PhoenixOptions<Session & AuthenticatedAssigns> = {
  ...socket,
  channels: { 'user:*': userChannel<Session & AuthenticatedAssigns>({ verifyToken, hooks: [arena] }) }
}

const log = (logger: Logger, value: Awaitable<string>): void => logger.info({ value }, 'seen')

export async function start(): Promise<PhoenixService> {
  const app = Fastify({ logger: { stream: redactingStream(process.stdout) } })
  await app.register(phoenix, {
    connect: async (params) => (params.token === '' ? null : connectMember(params)),
    id: ({ assigns }) => `user_socket:${assigns.userId}`,
    channels: {
      'user:*': userChannel<Member>({
        hooks: [arena],
        handleIn: { ask: ({ q }: { q: string }) => ({ status: q }) }
      }),
      'room:*': room,
      one,
      definition: defineChannel(definition)
    }
  })
  await app.register(phoenix, { path: '/any', connect: connectAny, channels: { one } })
  await app.register(phoenix, { path: '/authenticated', ...socket, channels: { one } })
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
