import { ByteReader } from '../../cluster/byte-reader.js'
import { ByteWriter, sizeOfSized } from '../../cluster/byte-writer.js'
import { isCount } from '../../options.js'

/** Names one request of a client: the number that the node gave it that was asked, and the session it is for. */
export interface RequestName {
  readonly id: number
  /** Where the mount is served. */
  readonly path: string
  readonly token: string
}

/** A GET. Bytes of the answer up to `credit` may come at once; `last` is what became of the answer before. */
export interface PollAsked extends RequestName {
  readonly is: 'poll'
  readonly credit: number
  readonly last?: { readonly id: number; readonly isLost: boolean } | undefined
}

/** A POST, with its body, or with a size alone where the body is to be fetched. */
export interface PostAsked extends RequestName {
  readonly is: 'post'
  readonly size: number
  readonly type?: string | undefined
}

/** The client of a poll has gone before there was an answer. */
export interface PollAbandoned extends RequestName {
  readonly is: 'abandon'
}

/** Some of an answer has left for the client. */
export interface AnswerMoved extends RequestName {
  readonly is: 'moved'
}

/** An answer is through, or its connection is gone; the second is also what is said where it is asked for. */
export interface AnswerOver extends RequestName {
  readonly is: 'over' | 'verdict'
  readonly isLost: boolean
}

/** What the node says that was asked. */
export type ToOwner = PollAsked | PostAsked | PollAbandoned | AnswerMoved | AnswerOver

/** A request has come, and is worked on. */
export interface RequestTaken {
  readonly is: 'taken'
  readonly id: number
}

/** There is no such session. */
export interface SessionGone {
  readonly is: 'gone'
  readonly id: number
}

/** What a poll is answered with: the messages as JSON, or their size alone where they are to be fetched; 0 is none. */
export interface PollAnswered {
  readonly is: 'answer'
  readonly id: number
  readonly size: number
}

/** What a POST is answered with; where `ends` is set, as the status of HTTP too. */
export interface PostAnswered {
  readonly is: 'status'
  readonly id: number
  readonly status: number
  readonly ends?: boolean
}

/** Asks what became of an answer. */
export interface VerdictAsked extends RequestName {
  readonly is: 'ask'
}

/** What the node says that holds the session. */
export type ToAsked = RequestTaken | SessionGone | PollAnswered | PostAnswered | VerdictAsked

/** Bytes are fetched piece by piece: asked for, and given. `of` is what the request `id` brings, or what answers it. */
export interface PieceMessage {
  readonly is: 'pull' | 'piece'
  readonly id: number
  readonly of: 'body' | 'answer'
  readonly at: number
}

export type RelayMessage = ToOwner | ToAsked | PieceMessage

/** Milliseconds between two signs that a POST is still worked on. */
export const takenMs = 1_000

/** What the two sides of a relay want of the node that they are on. */
export interface RelayNode {
  isUp(node: string): boolean
  /** Whether the engine takes it. */
  tell(to: string, message: RelayMessage, bytes?: Uint8Array): boolean
}

const nothing = new Uint8Array()

/** Memory is taken for what a message says is to come. */
const maxBytes = 2 ** 30

/** The numbers that a message has to have, by what it is. */
const numbers: Readonly<Record<RelayMessage['is'], readonly string[]>> = {
  poll: ['id', 'credit'],
  post: ['id', 'size'],
  abandon: ['id'],
  moved: ['id'],
  over: ['id'],
  verdict: ['id'],
  taken: ['id'],
  gone: ['id'],
  answer: ['id', 'size'],
  status: ['id', 'status'],
  ask: ['id'],
  pull: ['id', 'at'],
  piece: ['id', 'at']
}

/** A head in JSON, which others may add to, and bytes behind it. */
export function encodeRelayMessage(message: RelayMessage, bytes: Uint8Array = nothing): Buffer {
  const head = JSON.stringify(message)
  const size = Buffer.byteLength(head)
  const writer = new ByteWriter(sizeOfSized(size) + bytes.length)
  writer.sized(head, size)
  writer.bytes.set(bytes, sizeOfSized(size))
  return writer.bytes
}

/** Throws where it is none. The bytes are a view. */
export function decodeRelayMessage(body: Uint8Array): { message: RelayMessage; bytes: Buffer } {
  const reader = new ByteReader(body, 0)
  const head = reader.sized()
  const message = Object(JSON.parse(head.toString()))
  for (const name of Object.hasOwn(numbers, message.is) ? numbers[message.is as RelayMessage['is']] : []) {
    const value = message[name]
    if (!isCount(value) || (name !== 'id' && value > maxBytes)) {
      throw new TypeError(`${name} is no number that it may be`)
    }
  }
  const end = head.byteOffset + head.length - body.byteOffset
  return {
    message,
    bytes: Buffer.from(body.buffer, body.byteOffset + end, body.length - end)
  }
}
