import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { programUrl } from '../lib/question.js'
import { ServerProcess } from '../lib/server-process.js'
import { startBalancer } from './balancer.js'
import type { ClientsState, Question } from './clients.js'
import { Engine, type EngineName } from './engine.js'

export interface WorldOptions {
  readonly engine: EngineName
  readonly nodes: number
  readonly clients: number
  readonly rooms: number
  /** Milliseconds after which each client says something again. */
  readonly sayEveryMs: number
}

const clientsOfProcess = 1000
/** Milliseconds between two looks at all clients. */
export const lookMs = 250

/** An engine, nodes, and clients that come back by themselves to whatever node there is. */
export class World {
  readonly engine: Engine
  readonly nodes: (ServerProcess | undefined)[] = []
  readonly options: WorldOptions
  readonly #clients: ChildProcess[] = []
  #balancer: Server | undefined
  #round = 0

  private constructor(engine: Engine, options: WorldOptions) {
    this.engine = engine
    this.options = options
    // Neither an engine nor a node that stands still sees its parent end.
    process.once('exit', () => this.#killAll())
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  }

  /** Starts all; resolves when the clients are on their way. */
  static async start(options: WorldOptions): Promise<World> {
    const world = new World(await Engine.start(options.engine), options)
    process.env.CLUSTER_ENGINE = options.engine
    process.env.CLUSTER_URL = world.engine.url
    for (let i = 0; i < options.nodes; i++) await world.startNode(i)
    const ports = () => world.nodes.map((node) => node && Number(new URL(node.url).port))
    const { url, server } = await startBalancer(ports)
    world.#balancer = server
    const { clients, rooms, sayEveryMs } = options
    for (let first = 0; first < clients; first += clientsOfProcess) {
      const count = Math.min(clientsOfProcess, clients - first)
      const args = [first, count, rooms, clients, sayEveryMs].map(String)
      const child = fork(programUrl('cluster/clients'), [`${url}/bench`, ...args])
      await once(child, 'message')
      world.#clients.push(child)
    }
    return world
  }

  async startNode(number: number): Promise<void> {
    this.nodes[number] = await ServerProcess.start(programUrl('cluster/node'))
  }

  /** Has a node drain, and another one take its place. */
  async restartNode(number: number): Promise<void> {
    const old = this.nodes[number]
    this.nodes[number] = undefined
    const status = await old?.stop()
    if (status !== 0) throw new Error(`a node that was told to stop ended with ${status}`)
    await this.startNode(number)
  }

  /** Ends a node without a word. */
  async killNode(number: number): Promise<void> {
    const node = this.nodes[number]
    this.nodes[number] = undefined
    await node?.kill()
  }

  /** How all clients are. */
  async state(question: Question = { ask: 'state' }): Promise<ClientsState> {
    const states = await Promise.all(this.#clients.map((child) => ask(child, question)))
    return states.reduce((sum, state) => {
      const names = Object.keys(sum) as (keyof ClientsState)[]
      return Object.fromEntries(
        names.map((name) => [name, sum[name] + state[name]])
      ) as unknown as ClientsState
    })
  }

  /** Milliseconds until it holds of all clients; Infinity where it does not in time. */
  async until(holds: (state: ClientsState) => boolean, limitMs: number): Promise<number> {
    const began = performance.now()
    while (!holds(await this.state())) {
      if (performance.now() - began > limitMs) return Number.POSITIVE_INFINITY
      await pause(lookMs)
    }
    return performance.now() - began
  }

  /** All clients say something; resolves with how many of them were not heard by somebody. */
  async round(limitMs: number): Promise<number> {
    await this.state({ ask: 'round', round: ++this.#round })
    await this.until(({ missing }) => missing === 0, limitMs)
    return (await this.state()).missing
  }

  async end(): Promise<void> {
    this.#killAll()
    this.#balancer?.close()
    await this.engine.end()
  }

  #killAll(): void {
    for (const child of this.#clients) child.kill('SIGKILL')
    for (const node of this.nodes) node?.signal('SIGKILL')
    this.engine.signal('SIGKILL')
  }
}

async function ask(child: ChildProcess, question: Question): Promise<ClientsState> {
  child.send(question)
  const [state] = await once(child, 'message')
  return state as ClientsState
}
