import { sift } from './triggers.js'

/** The socket of phoenix.js (1.4 or later), as far as it is used. */
export interface RecoverableSocket<Channel extends object> {
  channel(topic: string, params?: () => object): Channel
}

interface Position {
  readonly epoch: unknown
  readonly offset: number
}

interface Answer extends Position {
  readonly recovered: boolean
}

const member = (value: unknown, name: string): unknown => Object(value)[name]

/**
 * Makes a channel that misses nothing of a topic with history: it counts what it gets, and when phoenix.js joins again
 * asks for what it missed, which comes in order and once. What cannot be had is said in the reply to the join, as
 * `phx_recover.recovered` false: load your state anew then, as at the first join.
 *
 *     const channel = recoverable(socket, 'room:lobby', { token })
 *     channel.on('say', show)
 *     channel.join().receive('ok', ({ phx_recover }) => phx_recover?.recovered || loadAll())
 *
 * @param params what to join with, or a function that says it for each join
 */
export function recoverable<Channel extends object>(
  socket: RecoverableSocket<Channel>,
  topic: string,
  params: object | (() => object) = {}
): Channel {
  const client = Date.now().toString(36) + Math.random().toString(36).slice(2)
  let position: Position | undefined
  // What follows the answer to a join that phoenix.js has given up is asked for again by the next one.
  let isAnswered = false
  const channel = socket.channel(topic, () => {
    isAnswered = false
    return {
      ...(typeof params === 'function' ? params() : params),
      phx_recover: { ...position, client }
    }
  })
  sift(channel, (event, payload, ref, isAnswer) => {
    if (isAnswer) {
      isAnswered = true
      const answer = member(member(payload, 'response'), 'phx_recover') as Answer | undefined
      if (answer && !answer.recovered) position = { epoch: answer.epoch, offset: answer.offset }
      return true
    }
    const offset =
      /^@(\d+)$/.exec(String(ref))?.[1] ?? (event === 'phx_position' && member(payload, 'offset'))
    if (!offset) return true
    if (!isAnswered) return false
    if (position) {
      // A join that came too late may have sent it already.
      if (Number(offset) <= position.offset) return false
      position = { epoch: position.epoch, offset: Number(offset) }
    }
    return true
  })
  return channel
}
