import { socketInode } from './send-queues.js'

/** A connection that is written to: a socket of `node:net` or `node:tls`, or a stream. */
export interface WrittenTo {
  readonly bytesWritten?: number
  readonly writableLength: number
}

/** The part of the handle of a socket (Node 20 to 26) that Node's own time-outs look at, too; it is documented nowhere. */
interface Handle {
  readonly writeQueueSize?: unknown
  /** The descriptor; of a socket under TLS as well. */
  readonly fd?: unknown
  /** The connection under TLS. */
  readonly _parent?: unknown
}

/**
 * Whether a connection gets rid of what was written to it. A chunk counts as waiting in `writableLength`
 * until all of it has gone, which takes minutes for a large one and a slow client. What the system took of it
 * shows in its handle; where the runtime has none, whole chunks count.
 */
export class WriteProgress {
  readonly #connection: WrittenTo
  #done = 0
  #queued = 0
  #queuedUnderTls = 0
  #inode: string | undefined

  constructor(connection: WrittenTo) {
    this.#connection = connection
    this.hasMoved()
  }

  /** The inode of its socket, by which the system tells what it has not sent yet; undefined where it does not. */
  get inode(): string | undefined {
    this.#inode ??= inodeOf(this.#connection)
    return this.#inode
  }

  /** Whether anything has left the process since this was asked last. */
  hasMoved(): boolean {
    const { bytesWritten = 0, writableLength } = this.#connection
    const done = bytesWritten - writableLength
    const handle = handleOf(this.#connection)
    const queued = queueOf(handle)
    const queuedUnderTls = queueOf(handle?._parent)
    const hasMoved = done > this.#done || queued < this.#queued || queuedUnderTls < this.#queuedUnderTls
    this.#done = done
    this.#queued = queued
    this.#queuedUnderTls = queuedUnderTls
    return hasMoved
  }
}

function handleOf(connection: object): Handle | undefined {
  return Reflect.get(connection, '_handle') ?? undefined
}

/** The inode of the socket under a connection; undefined where nothing tells. */
export function inodeOf(connection: object | undefined): string | undefined {
  return connection && socketInode(handleOf(connection)?.fd)
}

function queueOf(handle: unknown): number {
  const size = (handle as Handle | null | undefined)?.writeQueueSize
  return typeof size === 'number' ? size : 0
}

/** What `ws` keeps of what it was given, where the connection under it is not known. */
export class QueueOf implements WrittenTo {
  bytesWritten = 0
  readonly #ws: { readonly bufferedAmount: number }

  constructor(ws: { readonly bufferedAmount: number }) {
    this.#ws = ws
  }

  get writableLength(): number {
    return this.#ws.bufferedAmount
  }
}
