import type { Channel } from 'phoenix'
import t from 'tap'
import type { RTCPeerConnection as WeriftPeerConnection } from 'werift'
import {
  type AnyHooks,
  createHookClient,
  type HookClient,
  type HookModule,
  type Json,
  type PeerConnection,
  type PhoenixChannel
} from '../../lib/client/client.js'
import { defineHooks } from '../../plugins/phoenix.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <Claim extends true>(claim?: Claim) => claim
/** Only the compiler looks at what is in it. */
const compiles = (_check: () => unknown) => t.pass()

const arena = defineHooks('arena', {
  fire: (call, x: number, y: number) => ({ hit: x > y, by: call.userId }),
  later: async (_call, name?: string) => [name ?? 'nobody', new Date()] as const,
  nothing() {},
  any: (_call, value) => value,
  after_startup() {},
  _private: () => 1
})
const chat = defineHooks('chat', { say: ({ userId }, text: string) => `${userId}: ${text}` })
const module = { echo: (_call: unknown, value: number) => value, version: 5 }

declare const client: HookClient<typeof arena | typeof chat | HookModule<'module', typeof module>>

t.test('arguments and results have the types of the hooks', async () => {
  compiles(async () => {
    const fired = await client.call('arena', 'fire', 1, 2)
    holds<Equal<typeof fired, { hit: boolean; by: string }>>()
    const [name, date] = await client.call('arena', 'later')
    holds<Equal<[typeof name, typeof date], [string, string]>>()
    await client.call('arena', 'later', 'alice')
    const nothing = await client.callWith({ idempotent: true }, 'arena', 'nothing')
    holds<Equal<typeof nothing, null>>()
    const value = await client.call('arena', 'any', { of: 'any type' })
    holds<Equal<typeof value, unknown>>()
    const said = await client.call('chat', 'say', 'hi')
    holds<Equal<typeof said, string>>()
    const echoed = await client.call('module', 'echo', 5)
    holds<Equal<typeof echoed, number>>()
  })
})

t.test('calls that cannot succeed are refused by the compiler', async () => {
  compiles(() => {
    // @ts-expect-error there is no such plugin
    client.call('arenas', 'fire', 1, 2)
    // @ts-expect-error there is no such function
    client.call('arena', 'fires')
    // @ts-expect-error the function is another plugin's
    client.call('arena', 'say', 'hi')
    // @ts-expect-error an argument is missing
    client.call('arena', 'fire', 1)
    // @ts-expect-error an argument is of the wrong type
    client.call('arena', 'fire', 1, '2')
    // @ts-expect-error one argument is too many
    client.call('arena', 'nothing', 1)
    // @ts-expect-error the lifecycle is the server's
    client.call('arena', 'after_startup')
    // @ts-expect-error the name is reserved
    client.call('arena', '_private')
    // @ts-expect-error it is no function
    client.call('module', 'version')
    // @ts-expect-error there is no such event
    client.on('opened', () => {})
    // @ts-expect-error the label comes first
    client.on('data', (label: number) => label)
  })
})

t.test('what JSON has not is given and got as it travels', async () => {
  interface Tree {
    id: bigint
    children: Tree[]
  }
  const typed = defineHooks('typed', {
    find: (_call, { id }: { id: bigint; data?: Uint8Array; at?: Date }) => ({ id, data: new Uint8Array() }),
    all: (_call, ids: readonly bigint[], byId: Record<string, bigint | null>) => [...ids, byId],
    tree: (_call, tree: Tree) => tree,
    rest: (_call, first?: bigint, ...rest: number[]) => rest.length + Number(first),
    bytes: () => Buffer.from('a')
  })
  const client = {} as HookClient<typeof typed>
  compiles(async () => {
    const found = await client.call('typed', 'find', { id: '5', data: 'AA==', at: new Date() })
    holds<Equal<typeof found, { id: string; data: string }>>()
    await client.call('typed', 'find', { id: 5 })
    // @ts-expect-error JSON has no bigint
    await client.call('typed', 'find', { id: 5n })
    // @ts-expect-error nor bytes
    await client.call('typed', 'find', { id: 5, data: new Uint8Array() })
    // @ts-expect-error it is required
    await client.call('typed', 'find', {})
    await client.call('typed', 'all', ['1', 2], { a: '1', b: null })
    const tree = await client.call('typed', 'tree', { id: '1', children: [{ id: 2, children: [] }] })
    holds<Equal<(typeof tree.children)[number]['id'], string>>()
    await client.call('typed', 'rest')
    await client.call('typed', 'rest', '1', 2, 3)
    // @ts-expect-error only the first is a bigint
    await client.call('typed', 'rest', '1', '2')
    const bytes = await client.call('typed', 'bytes')
    holds<Equal<typeof bytes, string>>()
  })
})

t.test('without hooks to go by, everything may be called and nothing is known', async () => {
  compiles(async () => {
    const client = createHookClient({} as PhoenixChannel)
    holds<Equal<typeof client, HookClient<AnyHooks>>>()
    const reply = await client.call('any', 'thing', 1, 'x')
    holds<Equal<typeof reply, unknown>>()
  })
})

t.test('results are what JSON makes of them', async () => {
  holds<Equal<Json<undefined>, null>>()
  holds<Equal<Json<{ at: Date; run(): void; maybe?: number }>, { at: string; maybe?: number | undefined }>>()
  holds<Equal<Json<(undefined | 1)[]>, (null | 1)[]>>()
  holds<Equal<Json<readonly [1, Date]>, readonly [1, string]>>()
  t.pass()
})

t.test('channels and peer connections are taken as their libraries type them', async () => {
  compiles(() => {
    const channel: PhoenixChannel = {} as Channel
    const browser: PeerConnection = {} as RTCPeerConnection
    const werift: PeerConnection = {} as WeriftPeerConnection
    createHookClient(channel, { createPeer: (configuration) => new RTCPeerConnection(configuration) })
    // @ts-expect-error it makes no peer connection
    createHookClient(channel, { createPeer: () => ({}) })
    return [browser, werift]
  })
})
