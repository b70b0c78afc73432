import type { Reply } from '../channel/channel.js'
import { isObject } from '../util/is-object.js'
import type { Nodes } from './nodes.js'
import { splitRef } from './pages.js'
import type { Problem } from './protocol.js'
import { mergeTopicDetail } from './topics.js'

export function problem(reason: string, message: string): Problem {
  return { reason, message }
}

/** An error reply that says why. */
export function replyOf(why: Problem): Reply {
  return { status: 'error', response: why }
}

const refPattern = /^[\w-]{1,64}\/\d{1,15}$/
const longestTopic = 1024

/** One of its kind, on one node. */
export interface Ref {
  readonly node: string
  readonly number: number
}

/** Reads `{ref}`. */
export function readRef(payload: unknown): Ref | undefined {
  const ref = isObject(payload) ? payload.ref : undefined
  if (typeof ref !== 'string' || !refPattern.test(ref)) return undefined
  const [node, number] = splitRef(ref)
  return { node, number }
}

export const invalidRef = replyOf(problem('invalid_payload', 'must be {ref}, as a row has it'))
const invalidTopic = replyOf(problem('invalid_payload', 'must be {topic}'))

/** What is replied with what one node answered of one of its own. */
export function replyOfOne(value: unknown, what: string): Reply {
  if (value === undefined) return replyOf(problem('silent', 'its node does not answer'))
  if (value === null || value === false)
    return replyOf(problem('not_found', `there is no such ${what} any more`))
  return { status: 'ok', response: value === true ? {} : value }
}

/** Answers `show` of the sockets. */
export async function socketDetail(nodes: Nodes, payload: unknown): Promise<Reply> {
  const ref = readRef(payload)
  if (ref === undefined) return invalidRef
  return replyOfOne(await nodes.askOne(ref.node, 'sockets.show', ref), 'socket')
}

/** Answers `show` of the topics: of one that nobody is on, too. */
export async function topicDetail(nodes: Nodes, payload: unknown): Promise<Reply> {
  const topic = isObject(payload) ? payload.topic : undefined
  if (typeof topic !== 'string' || topic === '' || topic.length > longestTopic) return invalidTopic
  const { answers } = await nodes.ask('topics.show', { topic })
  const detail = mergeTopicDetail(
    topic,
    answers.map(({ value }) => value)
  )
  return { status: 'ok', response: detail }
}
