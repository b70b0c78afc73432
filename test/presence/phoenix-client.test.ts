import * as fc from 'fast-check'
import Fastify from 'fastify'
import { type Channel, Presence as ClientPresence, type Socket } from 'phoenix'
import t from 'tap'
import phoenix, {
  defineChannel,
  Presence,
  type PresenceFetch,
  type PresenceState
} from '../../plugins/phoenix.js'
import { type Answer, join, next, openPhoenix, push } from '../fixtures/phoenix-client.js'

const topic = 'room:1'
const keys = ['ann', 'bob', '__proto__', 'constructor'] as const

const fetches: Record<string, PresenceFetch | undefined> = {
  'no fetch': undefined,
  'a sync fetch': (_topic, entries) => withNames(entries),
  'a fetch that takes its time, now more, now less': async (_topic, entries) => {
    const turns = Object.keys(entries).join().length % 4
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    return withNames(entries)
  }
}

function withNames(entries: PresenceState): PresenceState {
  return Object.fromEntries(
    Object.entries(entries).map(([key, entry]) => [key, { ...entry, name: `${key}!` }])
  )
}

async function startServer(t: { teardown(done: () => unknown): void }, fetch: PresenceFetch | undefined) {
  const presence = new Presence(fetch === undefined ? {} : { fetch })
  const key = (payload: unknown): string => (payload as { key: string }).key
  const room = defineChannel({
    join(params, channel) {
      presence.enter(channel, key(params), { joined: true })
      return { status: 'ok' }
    },
    handleIn: {
      track: (payload, channel) => ({
        status: 'ok',
        response: presence.track(channel, key(payload), { tracked: true })
      }),
      update: (payload, channel) => ({
        status: 'ok',
        response: presence.update(channel, key(payload), (meta: { n?: number }) => ({ n: (meta.n ?? 0) + 1 }))
      }),
      untrack(payload, channel) {
        presence.untrack(channel, key(payload))
        return { status: 'ok' }
      },
      state: async (_payload, channel) => {
        await presence.pushState(channel)
        return { status: 'ok' }
      },
      flicker(payload, channel) {
        presence.untrack(channel, key(payload))
        presence.track(channel, key(payload), { flicker: 1 })
        void presence.pushState(channel)
        presence.untrack(channel, key(payload))
        return { status: 'ok' }
      },
      crash() {
        throw new Error('crash')
      },
      fence(payload, channel) {
        channel.push('fenced', payload as object)
      }
    }
  })
  const app = Fastify()
  await app.register(phoenix, { connect: () => ({}), channels: { 'room:*': room }, webrtc: false })
  t.teardown(() => app.close())
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, presence, base: `${url}/socket` }
}

/** One client of the published package, with what its `Presence` holds. */
class Client {
  readonly #base: string
  #socket: Socket | undefined
  #channel: Channel | undefined
  #view: ClientPresence | undefined

  constructor(base: string) {
    this.#base = base
  }

  get joined(): boolean {
    return this.#channel !== undefined
  }

  /** What phoenix.js holds; it offers a list, made of its state with one function. */
  get held(): PresenceState {
    return Object.fromEntries(this.#view?.list((key, entry) => [key, entry] as const) ?? [])
  }

  async join(key: string): Promise<void> {
    this.#socket ??= openPhoenix(this.#base)
    const channel = this.#socket.channel(topic, { key })
    this.#channel = channel
    this.#view = new ClientPresence(channel)
    const synced = next(channel, 'presence_state')
    await join(channel)
    await synced
  }

  ask(event: string, key: string): Promise<Answer> {
    return push(this.#channel as Channel, event, { key })
  }

  async leave(): Promise<void> {
    const channel = this.#channel as Channel
    this.#channel = undefined
    await new Promise((resolve) => channel.leave().receive('ok', resolve))
  }

  /** The channel crashes and phoenix.js joins it again by itself. */
  async crash(): Promise<void> {
    const synced = next(this.#channel as Channel, 'presence_state')
    // Nothing answers a crash: do not wait for it to the end of the test.
    this.#channel?.push('crash', {}, 1)
    await synced
  }

  /** The connection is closed, and not made again by itself. */
  drop(): void {
    this.#socket?.disconnect()
    this.#channel = undefined
    this.#socket = undefined
  }

  /** Everything that was sent before has been read when this resolves. */
  async fence(): Promise<void> {
    const channel = this.#channel as Channel
    const fenced = next(channel, 'fenced')
    channel.push('fence', {}, 1)
    await fenced
  }
}

/** Waits until all that is known on the server has been told, and compares. */
async function holdsTruth(clients: Client[], server: { presence: Presence }): Promise<void> {
  let differs = ''
  // A connection that breaks off is noticed by the server at a time of its own, a diff goes out in another.
  for (let round = 0; round < 200; round++) {
    await Promise.all(clients.filter(({ joined }) => joined).map((client) => client.fence()))
    const truth = canonical(await server.presence.list(topic))
    const wrong = clients.find(({ joined, held }) => joined && canonical(held) !== truth)
    if (wrong === undefined) return
    differs = `a client holds ${canonical(wrong.held)} instead of ${truth}`
  }
  throw new Error(differs)
}

/** Which metas and fields there are; nothing says in which order keys and metas come. */
function canonical(state: PresenceState): string {
  const entries = Object.entries(state).map(([key, { metas, ...fields }]) => {
    const sorted = metas.map((meta) => JSON.stringify(Object.entries(meta).sort())).sort()
    return [key, fields, sorted] as const
  })
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const actions = ['join', 'leave', 'drop', 'crash', 'track', 'update', 'untrack', 'flicker', 'state'] as const
const action = fc.record({
  who: fc.nat({ max: 2 }),
  what: fc.constantFrom(...actions),
  key: fc.constantFrom(...keys)
})

/** A step is one action, or several clients at once. */
const steps = fc.array(fc.uniqueArray(action, { selector: ({ who }) => who, minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 12
})

async function act(
  client: Client,
  { what, key }: { what: (typeof actions)[number]; key: string }
): Promise<void> {
  if (!client.joined) return client.join(key)
  if (what === 'join') return
  if (what === 'leave' || what === 'drop' || what === 'crash') return client[what]()
  await client.ask(what, key)
}

for (const [how, fetch] of Object.entries(fetches)) {
  t.test(`with ${how}, phoenix.js's Presence holds the truth after every step`, async (t) => {
    const server = await startServer(t, fetch)
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        const clients = [0, 1, 2].map(() => new Client(server.base))
        try {
          for (const step of run) {
            await Promise.all(step.map((one) => act(clients[one.who] as Client, one)))
            await holdsTruth(clients, server)
          }
        } finally {
          for (const client of clients) client.drop()
        }
      }),
      { numRuns: 60, interruptAfterTimeLimit: 20_000 }
    )
    t.pass('no run differed')
  })
}
