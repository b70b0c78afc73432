import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Usage } from '../lib/probe.js'
import type { Told } from '../lib/publisher-program.js'
import { type Load, payload16 } from '../lib/question.js'
import { Commander } from './orders.js'

/** Messages of one turn, and milliseconds between two turns: an engine keeps up with that. */
const messagesATurn = 200
const turnMs = 20

const text256 = payload16.repeat(16)

/** Whoever publishes messages of one turn; resolves when it has handed them over. */
interface Publisher {
  publish(count: number, text: string): Promise<unknown>
  close(): Promise<void>
}

/** Messages at a fixed rate: an operation is one of them, and what counts is the CPU time of the publisher. */
export function publishing(publisher: Publisher): Load {
  return {
    async run(ms) {
      const start = performance.now()
      let operations = 0
      for (let turn = 1; performance.now() - start < ms; turn++) {
        await publisher.publish(messagesATurn, text256)
        operations += messagesATurn
        await pause(Math.max(0, start + turn * turnMs - performance.now()))
      }
      return { operations, seconds: (performance.now() - start) / 1000 }
    },
    close: () => publisher.close()
  }
}

/** A node of ours, to a topic that none of its clients is in. */
export async function openNodePublisher(url: string): Promise<Publisher> {
  const commander = await Commander.open(url)
  return {
    publish: (count, text) => commander.order('publish', { topic: 'room:bench', count, text }),
    close: () => commander.close()
  }
}

/** A program that is held against ours; it also tells what its process has used. */
export class OtherPublisher implements Publisher {
  readonly #socket: WebSocket

  private constructor(socket: WebSocket) {
    this.#socket = socket
  }

  static async open(url: string): Promise<OtherPublisher> {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    await once(socket, 'open')
    return new OtherPublisher(socket)
  }

  publish(count: number, text: string): Promise<unknown> {
    return this.#tell({ count, text })
  }

  async usage(): Promise<Usage> {
    return (await this.#tell({ usage: true })) as Usage
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  async #tell(told: Told): Promise<unknown> {
    this.#socket.send(JSON.stringify(told))
    const [answer] = await once(this.#socket, 'message')
    return JSON.parse(String(answer))
  }
}
