import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import type { ChannelDefinition } from '../lib/channel/channel.js'
import { InvalidOption } from '../lib/errors.js'
import { defaultHistoryLimits, type HistoryLimits } from '../lib/history/options.js'
import type { TopicRouter } from '../lib/protocol/topic.js'
import type { PhoenixServer } from './service.js'

/**
 * Keeps what is broadcast to the topics of one mount whose channels have a history. Throws `PHX_ERR_OPTION_INVALID`
 * where another mount has other limits, and where there are other nodes whose engine keeps nothing.
 */
export function keepHistories(
  app: FastifyInstance,
  { endpoint, clock }: PhoenixServer,
  channels: TopicRouter<ChannelDefinition>,
  limits: Readonly<HistoryLimits> | undefined
): void {
  const { histories } = endpoint
  if (channels.targets.some(({ history }) => history !== undefined)) {
    endpoint.keepHistories(channels, limits ?? defaultHistoryLimits, clock)
    if (histories === undefined) app.addHook('onClose', async () => endpoint.histories?.close())
  }
  if (histories !== undefined && limits !== undefined && !isDeepStrictEqual(limits, histories.limits)) {
    throw new InvalidOption('history', 'is of the whole server, and another mount has another one')
  }
  if (endpoint.histories === undefined || endpoint.cluster === undefined) return
  const { kept } = endpoint.cluster
  if (kept === undefined) {
    throw new InvalidOption(
      'cluster',
      'keeps no history, and there is a channel that has one: use redis() or nats()'
    )
  }
  endpoint.histories.share(kept)
}
