import { isIP } from 'node:net'
import { WebSocket } from 'ws'
import { events, heartbeatTopic } from '../../protocol/constants.js'
import { isObject } from '../../util/is-object.js'

/** What came of a push: the server's reply, or one of status `lost` when the connection ended before. */
export interface Answer {
  readonly status: string
  readonly response: Readonly<Record<string, unknown>>
}

type OnAnswer = (answer: Answer) => void
/** What the server pushes, with its ref, which has a meaning on topics with history. */
export interface Pushed extends Frame {
  /** All of the message. */
  readonly bytes: Buffer
}

type OnPush = (payload: Readonly<Record<string, unknown>>, topic: string, message: Buffer) => void

export interface ConnectOptions {
  /** Ends the connection at any time, also after it was opened. */
  readonly signal?: AbortSignal | undefined
  /** Address of this machine to connect from; the system chooses one by default. */
  readonly localAddress?: string | undefined
}

interface Frame {
  readonly ref: unknown
  readonly topic: string
  readonly event: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** Milliseconds in which a server has to answer the close of a connection. */
const closeLimitMs = 1000

/** Bytes of a message; who sends more is no server to keep. */
const maxPayload = 16 * 1024 * 1024

const malformed = 'malformed_message'

const lost = (error: string): Answer => ({ status: 'lost', response: { error } })

/**
 * A client for load: a raw `ws` that speaks v2 frames (Phoenix.Socket.V2.JSONSerializer), with no more
 * between it and the wire than is needed to match replies with pushes, so that one process can hold
 * ten thousand of them. Its join_ref is the same for all topics, and when it joins one again that it has left.
 */
export class PhoenixConnection {
  readonly #socket: WebSocket
  readonly #answers = new Map<string, OnAnswer>()
  readonly #onPush = new Map<string, OnPush>()
  #onBytes: ((bytes: number) => void) | undefined
  #lastRef = 1
  /** Why the connection has ended; undefined while it has not. */
  lostReason: string | undefined
  /** What is told to those who wait for an answer when the connection ends. */
  #unanswered = 'connection_lost'
  /** Called when the connection ends though nobody closed it; what waited for a reply was answered. */
  onLost: (reason: string) => void = () => {}
  /** Called with whatever the server pushes, ahead of what `on` is for. */
  onPushed: (pushed: Pushed) => void = () => {}

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#receive(data, isBinary))
    socket.on('close', (code) => this.#lost(`closed_${code}`))
    // `close` follows and tells of it.
    socket.on('error', () => {})
  }

  /**
   * Connects to the socket at `url`, which is the mount without `/websocket`, with these connect
   * parameters. Rejects when the server refuses or cannot be reached.
   */
  static async open(
    url: string,
    params: Readonly<Record<string, string>>,
    { signal, localAddress }: ConnectOptions = {}
  ): Promise<PhoenixConnection> {
    signal?.throwIfAborted()
    const query = new URLSearchParams({ ...params, vsn: '2.0.0' })
    const socket = new WebSocket(`${url}/websocket?${query}`, {
      perMessageDeflate: false,
      maxPayload,
      // A host name may have addresses of the other family, which cannot be connected to from this one.
      ...(localAddress !== undefined && { localAddress, family: isIP(localAddress) })
    })
    signal?.addEventListener('abort', () => socket.terminate(), { once: true })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.once('open', () => {
        socket.off('error', reject)
        resolve(new PhoenixConnection(socket))
      })
    })
  }

  get isOpen(): boolean {
    return this.lostReason === undefined
  }

  /**
   * Joins a topic; rejects when the server refuses. `params` is JSON text. `onJoined` is called ahead of whatever
   * follows the reply, which a promise is not.
   */
  join(
    topic: string,
    params = '{}',
    onJoined: (response: Answer['response']) => void = () => {}
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.push(topic, events.join, params, ({ status, response }) => {
        if (status !== 'ok') return reject(new Error(`join: ${JSON.stringify(response)}`))
        onJoined(response)
        resolve()
      })
    })
  }

  /** Leaves a topic; resolves with the server's answer, after which it may be joined again. */
  leave(topic: string): Promise<Answer> {
    return this.request(topic, events.leave, '{}')
  }

  /** What a client of Phoenix sends every now and then, and is answered `ok`. */
  heartbeat(onAnswer: OnAnswer): void {
    this.#push('null', heartbeatTopic, events.heartbeat, '{}', onAnswer)
  }

  /**
   * Pushes an event whose payload is JSON text already. Without `onAnswer` no reply is asked for.
   *
   * @returns the ref that the reply will have; undefined when none will come
   */
  push(topic: string, event: string, payload: string, onAnswer?: OnAnswer): string | undefined {
    return this.#push('"1"', topic, event, payload, onAnswer)
  }

  /** Waits no longer for the reply to a push: not every server sends one. */
  forget(ref: string): void {
    this.#answers.delete(ref)
  }

  request(topic: string, event: string, payload: string): Promise<Answer> {
    return new Promise((resolve) => {
      this.push(topic, event, payload, resolve)
    })
  }

  /**
   * Keeps the server from closing a client that it hears nothing of: a ping of the WebSocket, which
   * transports count as a sign of life, and whose answer is no message.
   */
  ping(): void {
    if (this.isOpen) this.#socket.ping()
  }

  /** What to do with the server's pushes of an event. */
  on(event: string, onPush: OnPush): void {
    this.#onPush.set(event, onPush)
  }

  /** From now on messages are not read, but handed over by their size: for members that only listen. */
  countBytes(onBytes: ((bytes: number) => void) | undefined): void {
    this.#onBytes = onBytes
  }

  /** Ends the connection as a network does that is gone: without a word. */
  cut(): void {
    this.onLost = () => {}
    this.#socket.terminate()
  }

  /** Closes the connection, and resolves when the server has done so, too, or does not within a second. */
  close(): Promise<void> {
    this.onLost = () => {}
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.CLOSED) return resolve()
      const late = setTimeout(() => this.#socket.terminate(), closeLimitMs)
      this.#socket.once('close', () => {
        clearTimeout(late)
        resolve()
      })
      this.#socket.close(1000)
    })
  }

  #push(
    joinRef: string,
    topic: string,
    event: string,
    payload: string,
    onAnswer: OnAnswer | undefined
  ): string | undefined {
    const tail = `${JSON.stringify(topic)},${JSON.stringify(event)},${payload}]`
    if (onAnswer === undefined) {
      this.#send(`[${joinRef},null,${tail}`)
      return undefined
    }
    if (!this.isOpen) {
      onAnswer(lost(this.#unanswered))
      return undefined
    }
    const ref = String(++this.#lastRef)
    this.#answers.set(ref, onAnswer)
    this.#send(`[${joinRef},"${ref}",${tail}`)
    return ref
  }

  #send(frame: string): void {
    if (this.isOpen) this.#socket.send(frame)
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#onBytes !== undefined) return this.#onBytes(data.length)
    // Phoenix pushes what its applications give it as bytes in binary; nothing of it is asked for here.
    if (isBinary) return
    const frame = readFrame(data)
    if (frame === undefined) return this.#malformed()
    const { ref, topic, event, payload } = frame
    if (event !== events.reply) {
      this.onPushed({ ...frame, bytes: data })
      return this.#onPush.get(event)?.(payload, topic, data)
    }
    if (!isAnswer(payload)) return this.#malformed()
    const onAnswer = this.#answers.get(String(ref))
    this.#answers.delete(String(ref))
    onAnswer?.(payload)
  }

  /** A server that sends no v2 frames can be load tested no further. */
  #malformed(): void {
    this.#unanswered = malformed
    this.#socket.terminate()
  }

  #lost(reason: string): void {
    this.lostReason = this.#unanswered === malformed ? malformed : reason
    const answers = [...this.#answers.values()]
    this.#answers.clear()
    for (const onAnswer of answers) onAnswer(lost(this.#unanswered))
    this.onLost(reason)
  }
}

/** A message in the form of the v2 serializer; undefined when it is anything else. */
function readFrame(data: Buffer): Frame | undefined {
  try {
    const [, ref, topic, event, payload] = JSON.parse(data.toString())
    return isObject(payload) ? { ref, topic, event, payload } : undefined
  } catch {
    return undefined
  }
}

function isAnswer(payload: object): payload is Answer {
  const { status, response } = payload as Partial<Answer>
  return typeof status === 'string' && isObject(response)
}
