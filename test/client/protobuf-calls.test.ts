import t from 'tap'
import { protobufCodec } from '../../lib/client/protobuf.js'
import { defineHooks } from '../../plugins/phoenix.js'
import { openHookClient, refused, travelsOn } from '../fixtures/hook-client.js'
import { startUserServer } from '../fixtures/user-server.js'

const hooks = defineHooks(
  'p',
  {
    echo: (_call, value: unknown) => value,
    refuses: ({ refuse }) => refuse('not_today'),
    double: (_call, { n }: { n: number }) => ({ n: n * 2 })
  },
  {
    proto: 'syntax = "proto3"; message DoubleRequest { uint32 n = 1; } message DoubleReply { uint32 n = 1; }'
  }
)
// Numbers below 128, so that this is all of protobuf that it takes.
const codec = protobufCodec({
  p: {
    double: {
      encodeRequest: ({ n }: { n: number }) => Uint8Array.of(8, n),
      decodeReply: ([, n]) => ({ n })
    }
  }
})

t.test('calls in protobuf are answered, typed ones alike on either way', async (t) => {
  const { base } = await startUserServer(t, { hooks: [hooks] })
  const { client } = openHookClient<typeof hooks>(t, base, { codec })
  t.same(await client.call('p', 'double', { n: 4 }), { n: 8 }, 'over the channel')
  await travelsOn(client, 'datachannel')
  t.same(await client.call('p', 'double', { n: 5 }), { n: 10 }, 'over the DataChannel')
  t.same(await client.call('p', 'echo', { text: 'ä', list: [1, null] }), { text: 'ä', list: [1, null] })
  t.equal(await client.call('p', 'echo', undefined), null)
  t.equal(await refused(client.call('p', 'refuses')), 'not_today')
  const many = await Promise.all([1, 2, 3].map((value) => client.call('p', 'echo', value)))
  t.same(many, [1, 2, 3])
})
