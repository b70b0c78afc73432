import { WebSocket } from 'ws'
import type { Answered, HookClient } from './closed-loop.js'

/**
 * A client of Socket.IO for load: a raw `ws` that speaks Engine.IO 4 and Socket.IO 5 packets over the
 * WebSocket transport, as little as our own client does, so that both servers get the same load from
 * the same generator. It answers the server's pings.
 */
export class SocketIoConnection {
  readonly #socket: WebSocket
  readonly #acks = new Map<number, (args: unknown[]) => void>()
  #onBytes: ((bytes: number) => void) | undefined
  #onEvent: ((event: unknown[]) => void) | undefined
  #lastId = 0
  /** Called when the connection ends though nobody closed it. */
  onLost: (error: Error) => void = () => {}

  private constructor(socket: WebSocket, onConnected: () => void) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => this.#receive(data, onConnected))
    socket.on('close', (code) => this.onLost(new Error(`Socket.IO closed the socket, ${code}`)))
  }

  /** Connects, and joins the default namespace. */
  static open(url: string): Promise<SocketIoConnection> {
    const socket = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`, { perMessageDeflate: false })
    return new Promise((resolve, reject) => {
      const connection = new SocketIoConnection(socket, () => resolve(connection))
      connection.onLost = reject
      socket.on('error', reject)
    })
  }

  /** Emits an event whose argument is JSON text, and asks for an acknowledgement where somebody waits. */
  emit(event: string, json: string, onAck?: (args: unknown[]) => void): void {
    if (onAck === undefined) return this.#socket.send(`42["${event}",${json}]`)
    const id = this.#lastId++
    this.#acks.set(id, onAck)
    this.#socket.send(`42${id}["${event}",${json}]`)
  }

  /** Rejects when the connection ends before the acknowledgement. */
  request(event: string, json: string): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const onClose = (): void => reject(new Error(`Socket.IO acknowledged no ${event}`))
      if (this.#socket.readyState === WebSocket.CLOSED) return onClose()
      this.#socket.once('close', onClose)
      this.emit(event, json, (args) => {
        this.#socket.off('close', onClose)
        resolve(args)
      })
    })
  }

  /** What to do with the server's events: the name of each, and its arguments. */
  onEvents(onEvent: (event: unknown[]) => void): void {
    this.#onEvent = onEvent
  }

  /** From now on events are not read, but handed over by their size. */
  countBytes(onBytes: ((bytes: number) => void) | undefined): void {
    this.#onBytes = onBytes
  }

  /** Closes the connection, and resolves when the server has done so, too. */
  close(): Promise<void> {
    this.onLost = () => {}
    return new Promise((resolve) => {
      if (this.#socket.readyState === WebSocket.CLOSED) return resolve()
      this.#socket.once('close', () => resolve())
      this.#socket.close()
    })
  }

  #receive(data: Buffer, onConnected: () => void): void {
    // '0' opens the transport, '2' is a ping, '40' the namespace, '42' an event, '43' an acknowledgement.
    const packet = data[0] === 0x34 ? data[1] : undefined
    if (data[0] === 0x30) this.#socket.send('40')
    else if (data[0] === 0x32) this.#socket.send('3')
    else if (packet === 0x30) onConnected()
    else if (packet === 0x32) this.#heard(data)
    else if (packet === 0x33) this.#acknowledged(data.toString())
  }

  #heard(data: Buffer): void {
    if (this.#onBytes !== undefined) this.#onBytes(data.length)
    else this.#onEvent?.(JSON.parse(data.toString('utf8', 2)) as unknown[])
  }

  #acknowledged(text: string): void {
    const start = text.indexOf('[')
    const id = Number(text.slice(2, start))
    const onAck = this.#acks.get(id)
    this.#acks.delete(id)
    onAck?.(JSON.parse(text.slice(start)) as unknown[])
  }
}

/** Calls through acknowledgements. */
export async function connectSocketIo(url: string, _userId: string, value: string): Promise<HookClient> {
  const connection = await SocketIoConnection.open(url)
  const payload = JSON.stringify({ plugin: 'demo', fn: 'echo', args: [value] })
  let failed: Answered = () => {}
  connection.onLost = (error) => failed(error)
  return {
    call(answered) {
      failed = answered
      connection.emit('call_hook', payload, ([reply]) => {
        const { data } = reply as { data?: unknown }
        answered(data === value ? undefined : new Error('Socket.IO answered something else'))
      })
    },
    close: () => void connection.close()
  }
}
