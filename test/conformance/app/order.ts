import { type ChannelDefinition, defineChannel } from '../../../plugins/phoenix.js'

/** The Order channel of one route. */
export function order(handler: string): ChannelDefinition {
  const who = (topic: string) => ({ status: 'ok' as const, response: { handler, topic } })
  return defineChannel({
    join: (_params, { topic }) => who(topic),
    handleIn: { who: (_payload, { topic }) => who(topic) }
  })
}
