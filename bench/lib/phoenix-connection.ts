import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Frame, ReplyPayload } from './frames.js'

type OnReply = (reply: ReplyPayload) => void
type OnPush = (payload: object) => void

const pingMs = 20_000

/**
 * A client of the load: a raw `ws` that has joined one topic and speaks v2 frames, with no more
 * between it and the wire than is needed to match replies with pushes.
 */
export class PhoenixConnection {
  readonly #socket: WebSocket
  readonly #topic: string
  readonly #replies = new Map<string, OnReply>()
  readonly #onPush = new Map<string, OnPush>()
  #lastRef = 1
  /** Called when the connection ends though nobody closed it. */
  onLost: (error: Error) => void = () => {}

  private constructor(socket: WebSocket, topic: string) {
    this.#socket = socket
    this.#topic = topic
    socket.on('message', (bytes) => this.#receive(String(bytes)))
    // Transports close a client that they hear nothing of, as when others are measured for long.
    const alive = setInterval(() => socket.ping(), pingMs).unref()
    socket.on('close', (code) => {
      clearInterval(alive)
      this.onLost(new Error(`${topic}: the server closed the socket, ${code}`))
    })
  }

  /** Connects as the user to the socket at `url` (the mount, without `/websocket`) and joins `user:<id>`. */
  static async join(url: string, userId: string): Promise<PhoenixConnection> {
    const query = new URLSearchParams({ user_id: userId, vsn: '2.0.0' })
    const socket = new WebSocket(`${url}/websocket?${query}`, { perMessageDeflate: false })
    await once(socket, 'open')
    const connection = new PhoenixConnection(socket, `user:${userId}`)
    const reply = await connection.request('phx_join', '{}')
    if (reply.status !== 'ok') throw new Error(`join of user:${userId}: ${JSON.stringify(reply.response)}`)
    return connection
  }

  /** Pushes an event whose payload is JSON text already. */
  push(event: string, payload: string, onReply: OnReply): void {
    const ref = String(++this.#lastRef)
    this.#replies.set(ref, onReply)
    this.#socket.send(`["1","${ref}","${this.#topic}","${event}",${payload}]`)
  }

  request(event: string, payload: string): Promise<ReplyPayload> {
    return new Promise((resolve, reject) => {
      this.onLost = reject
      this.push(event, payload, resolve)
    })
  }

  on(event: string, onPush: OnPush): void {
    this.#onPush.set(event, onPush)
  }

  close(): void {
    this.onLost = () => {}
    this.#socket.close()
  }

  #receive(text: string): void {
    const [, ref, , event, payload] = JSON.parse(text) as Frame
    if (event !== 'phx_reply') return this.#onPush.get(event)?.(payload)
    const onReply = this.#replies.get(ref ?? '')
    this.#replies.delete(ref ?? '')
    onReply?.(payload as ReplyPayload)
  }
}
