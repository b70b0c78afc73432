import { diagnostics } from '../diagnostics/diagnostics.js'
import {
  type RecoverAsk,
  type Recovery,
  readAsk,
  recover,
  recoverParam,
  recoverShared
} from '../history/recovery.js'
import { JsonText, stringifyResponse } from '../protocol/serializer/json.js'
import type { ChannelServer } from './channel-server.js'
import { Feed } from './feed.js'
import type { ChannelHost } from './host.js'
import type { JoinAnswer } from './join-answer.js'

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
 * Reads what the client of an accepted join has missed, where an engine has it; undefined where nobody has to wait. What
 * comes meanwhile waits in the channel. Never rejects: it resolves to false where the engine cannot be reached.
 */
export function readAhead(channel: ChannelServer): Promise<boolean> | undefined {
  const { histories } = channel.endpoint
  const { topic, ask } = channel
  const settings = ask && histories?.settingsOf(topic)
  if (histories?.shared === undefined || ask === undefined || settings === undefined) return undefined
  follow(channel, ask)
  return recoverShared(histories, topic, settings, ask).then(
    (recovery) => {
      channel.recovery = recovery
      return true
    },
    () => false
  )
}

/**
 * Has the channel of an accepted join count what its client gets, and answers with where it begins. Where the response
 * is no object there is no room for the answer, and the join is one like any other.
 *
 * Throws `PHX_ERR_SERIALIZER_ENCODE` for a response that is no JSON.
 */
export function answerWith(channel: ChannelServer, response: unknown): JoinAnswer {
  const { pubsub } = channel.endpoint
  const { topic, ask } = channel
  const text = ask === undefined || response instanceof Uint8Array ? '' : stringifyResponse(response)
  if (ask !== undefined && text.startsWith('{')) follow(channel, ask)
  else leave(channel)
  const recovery = channel.feed && (channel.recovery ?? recoverHere(channel))
  if (recovery === undefined) return { response, missed: [], last: 0 }
  tell(channel, recovery)
  const missed = pubsub.replay(topic, recovery.messages)
  return { response: withAnswer(text, recovery), missed, last: recovery.answer.offset }
}

/** Ahead of reading where the topic is: what comes from then on waits, and nothing is between the two. */
function follow(channel: ChannelServer, { client }: RecoverAsk): void {
  channel.feed ??= new Feed(channel, client)
  channel.endpoint.pubsub.subscribe(channel.topic, channel)
}

function leave(channel: ChannelServer): void {
  channel.feed?.end()
  channel.feed = undefined
}

function recoverHere({ endpoint, topic, ask }: ChannelServer): Recovery | undefined {
  const { histories } = endpoint
  const settings = ask && histories?.settingsOf(topic)
  return ask && histories && settings && recover(histories, topic, settings, ask)
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
