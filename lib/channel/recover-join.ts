import { diagnostics } from '../diagnostics/diagnostics.js'
import { type RecoverAsk, type Recovery, readAsk, recover, recoverParam } from '../history/recovery.js'
import { JsonText, stringifyResponse } from '../protocol/serializer/json.js'
import type { Delivery } from '../pubsub/delivery.js'
import type { ChannelServer } from './channel-server.js'
import { Feed } from './feed.js'
import type { ChannelHost } from './host.js'

/** How a join is answered, and what follows the reply. */
export interface JoinAnswer {
  readonly response: unknown
  readonly missed: readonly Delivery[]
}

const nothing: readonly Delivery[] = []

/**
 * What a client asks for that is to miss nothing of the topic; undefined where it asks for nothing or the topic has no
 * history, and null where nobody can tell what it asks for.
 */
export function askOf(
  { endpoint }: ChannelHost,
  topic: string,
  params: unknown
): RecoverAsk | null | undefined {
  if (endpoint.histories?.settingsOf(topic) === undefined) return undefined
  return readAsk(params)
}

/**
 * Reads what the client of an accepted join has missed, and has the channel count from there. Where the response is no
 * object there is no room for the answer, and the join is one like any other.
 *
 * Throws `PHX_ERR_SERIALIZER_ENCODE` for a response that is no JSON.
 */
export function answerWith(
  channel: ChannelServer,
  ask: RecoverAsk | undefined,
  response: unknown
): JoinAnswer {
  const { histories, pubsub } = channel.endpoint
  const { topic } = channel
  const settings = ask && histories?.settingsOf(topic)
  if (ask === undefined || histories === undefined || settings === undefined)
    return { response, missed: nothing }
  if (response instanceof Uint8Array) return { response, missed: nothing }
  const text = stringifyResponse(response)
  if (!text.startsWith('{')) return { response, missed: nothing }
  const recovery = recover(histories, topic, settings, ask)
  channel.feed = new Feed(channel, ask.client, recovery.answer.offset)
  tell(channel, recovery)
  return { response: withAnswer(text, recovery), missed: pubsub.replay(topic, recovery.messages) }
}

/** Behind what the application says, so that it counts where there are two of the name. */
function withAnswer(text: string, { answer }: Recovery): JsonText {
  const rest = text.slice(0, text.lastIndexOf('}'))
  const separator = rest.trimEnd() === '{' ? '' : ','
  return new JsonText(`${rest}${separator}"${recoverParam}":${JSON.stringify(answer)}}`)
}

function tell({ socket, topic, pattern }: ChannelServer, { result, answer }: Recovery): void {
  const { recovery } = diagnostics
  if (recovery.hasSubscribers) recovery.publish({ socket, topic, pattern, result, count: answer.count })
}
