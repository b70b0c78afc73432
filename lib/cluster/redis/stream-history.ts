import { randomBytes } from 'node:crypto'
import type { EngineHistory, EngineMessage, EngineQuery, EngineSlice, KeepOptions } from '../adapter.js'
import { readPosition } from '../kept-fields.js'
import { appendScript, readScript, renewScript, type Script } from './scripts.js'

/** The connection to the server of a channel, and what its names begin with there. */
export interface StreamServer {
  /** What names of the channel and of its keys begin with; a Redis Cluster has them in one slot. */
  readonly head: string
  readonly sharded: boolean
  /** Runs a script, whose replies are bytes. Rejects where the server does not take it, or is away. */
  run(script: Script, keys: readonly string[], args: readonly (string | Uint8Array)[]): Promise<unknown>
}

/** The histories of topics in streams of Redis. */
export class StreamHistory implements EngineHistory {
  readonly #serverOf: (channel: string) => StreamServer

  /** `serverOf` throws while the engine is away. */
  constructor(serverOf: (channel: string) => StreamServer) {
    this.#serverOf = serverOf
  }

  async append(
    channel: string,
    bytes: Uint8Array,
    { size, ttlMs, key }: KeepOptions
  ): Promise<{ epoch: string; offset: number }> {
    const server = this.#serverOf(channel)
    const keys = keysOf(server, channel)
    if (key !== undefined) keys.push(`${server.head}k:${channel.length}:${channel}${key}`)
    const publish = server.sharded ? 'SPUBLISH' : 'PUBLISH'
    const args = [`${server.head}${channel}`, bytes, String(size), String(ttlMs), newEpoch(), publish]
    const position = readPosition(String(await server.run(appendScript, keys, args)))
    if (position === undefined) throw new Error('it has answered with no position')
    return position
  }

  async read(channel: string, query: EngineQuery): Promise<EngineSlice> {
    const server = this.#serverOf(channel)
    const { after, limit, ttlMs, epoch: wanted = '', isWhole = false } = query
    const wholly = isWhole && after !== undefined ? '1' : ''
    const args = [newEpoch(), String(after ?? ''), String(limit), String(ttlMs), wanted, wholly]
    const reply = await server.run(readScript, keysOf(server, channel), args)
    const [epoch, offset, now, entries] = reply as [Buffer, Buffer, Buffer, [Buffer, Buffer[]][]]
    const over = Number(String(now)) - ttlMs
    const messages = entries.map(messageOf).filter(({ at }) => at > over)
    if (after === undefined) messages.reverse()
    return { epoch: String(epoch), offset: Number(String(offset)), messages }
  }

  async renew(channel: string, { epoch, offset }: { epoch: string; offset: number }): Promise<void> {
    const server = this.#serverOf(channel)
    await server.run(renewScript, keysOf(server, channel), [epoch, String(offset)])
  }
}

const newEpoch = (): string => randomBytes(9).toString('base64url')

const keysOf = ({ head }: StreamServer, channel: string): string[] => [
  `${head}p:${channel}`,
  `${head}s:${channel}`
]

/** Fields are `at` and `bytes`, in this order. */
function messageOf([id, fields]: [Buffer, Buffer[]]): EngineMessage {
  const [, at, , bytes] = fields as [Buffer, Buffer, Buffer, Buffer]
  return { offset: Number.parseInt(String(id), 10), at: Number(String(at)), bytes }
}
