import { protobufCodec, type RpcCodec } from '../../lib/client/protobuf.js'
import type { HookCall } from '../../lib/load/clients/hook-caller.js'
import type { Answered, HookClient } from './closed-loop.js'
import { encodeSample, type SampleName, samples } from './formats.js'
import { connectDataChannelTo, connectWebSocketTo, echo } from './hook-client.js'
import { connectUserPeer } from './user-peer.js'

/** Connects a client that calls a hook with a sample in one format, which answers the same. */
export type ConnectFormat = (sample: SampleName) => (url: string, userId: string) => Promise<HookClient>

const typed = (sample: SampleName): HookCall => ({
  hookPlugin: 'typed',
  fn: sample,
  args: [samples[sample]]
})

/** As JSON, fields stand in the order of the message. */
function isSample(sample: SampleName): (data: unknown) => boolean {
  const expected = JSON.stringify(samples[sample])
  return (data) => JSON.stringify(data) === expected
}

export const formats = {
  json: (sample) => connectDataChannelTo(echo(samples[sample]), isSample(sample)),
  typedJson: (sample) => connectDataChannelTo(typed(sample), isSample(sample)),
  protobuf: (sample) => connectProtobuf(echo(samples[sample]), protobufCodec(), isSample(sample)),
  typedProtobuf: (sample) => {
    const bytes = encodeSample(sample)
    const hook = { encodeRequest: () => bytes, decodeReply: (reply: Uint8Array) => reply }
    const codec = protobufCodec({ typed: { [sample]: hook } })
    return connectProtobuf(typed(sample), codec, (data) => Buffer.compare(data as Uint8Array, bytes) === 0)
  },
  webSocketJson: (sample) => connectWebSocketTo(echo(samples[sample]), isSample(sample)),
  webSocketTypedJson: (sample) => connectWebSocketTo(typed(sample), isSample(sample))
} satisfies Record<string, ConnectFormat>

/** The first id that takes five bytes, as all behind it do. */
const firstId = 2 ** 28

/**
 * The message of a call with another id, in place: `08` and five bytes behind the two lengths around them. All calls are the
 * same otherwise, and are to cost the load no more than those of JSON, which are a text with an id behind it.
 */
function withId(message: Uint8Array, id: number): Uint8Array {
  let at = 1
  while ((message[at] as number) > 0x7f) at++
  for (let byte = 0; byte < 5; byte++)
    message[at + 2 + byte] = ((id >>> (7 * byte)) & 0x7f) | (byte < 4 ? 0x80 : 0)
  return message
}

/** Calls over a DataChannel that was made for protobuf. */
function connectProtobuf(
  { hookPlugin: plugin, fn, args }: HookCall,
  codec: RpcCodec,
  isRight: (data: unknown) => boolean
) {
  const name = { plugin, fn }
  const message = codec.encode({ id: firstId, plugin, fn, json: JSON.stringify(args) }) as Uint8Array
  return async (url: string, userId: string): Promise<HookClient> => {
    const { channel, close } = await connectUserPeer(url, userId, { config: { protocol: codec.protocol } })
    const calls = new Map<number, Answered>()
    let lastId = firstId
    channel.onMessage((message) => {
      const reply = codec.decode(new Uint8Array(message as Buffer), () => name)
      if (reply === undefined) return
      const answered = calls.get(reply.id)
      calls.delete(reply.id)
      if ('error' in reply) answered?.(new Error(`the hook answered: ${reply.error}`))
      else answered?.(isRight(reply.data) ? undefined : new Error('the hook answered something else'))
    })
    return {
      call(answered) {
        const id = ++lastId
        calls.set(id, answered)
        channel.sendMessageBinary(withId(message, id))
      },
      close
    }
  }
}
