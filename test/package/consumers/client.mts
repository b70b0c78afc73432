import { createHookClient, HookError, type PeerState } from 'fastify-phoenix/client'
import { protobufCodec } from 'fastify-phoenix/client/protobuf'
import { Socket } from 'phoenix'
import type { arena } from './server.mjs'

const channel = new Socket('/socket', { params: { token: 'alice' } }).channel('user:alice')
const client = createHookClient<typeof arena>(channel, { codec: protobufCodec() })

export async function fire(): Promise<PeerState> {
  try {
    const { hit, by } = await client.call('arena', 'fire', 1, 2)
    const found = await client.call('arena', 'find', { id: '5' })
    const texts: [boolean, string, string, string, string] = [hit, by, found.id, found.bytes, found.at]
    console.log(texts)
    await client.call('arena', 'find', { id: 5 })
    // @ts-expect-error JSON has no bigint
    await client.call('arena', 'find', { id: 5n })
    // @ts-expect-error an argument is missing
    await client.call('arena', 'fire', 1)
  } catch (err) {
    if (err instanceof HookError) console.log(err.reason)
  }
  return client.state
}
