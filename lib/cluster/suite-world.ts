import assert from 'node:assert/strict'
import type { ClusterAdapter, ClusterSink } from './adapter.js'
import { Patience, pause, settled } from './suite-patience.js'

/** An engine that the suite runs with, and what can be done to it. */
export interface SuiteWorld {
  /** A new adapter, not started yet, of a node of its own; all adapters of a world share one engine. */
  adapter(): ClusterAdapter
  /** Ends the engine at once, as SIGKILL does. */
  kill?(): void | Promise<void>
  /** Makes the engine stand still, as SIGSTOP does. */
  freeze?(): void | Promise<void>
  /** Lets a frozen engine go on, or starts a new one in the place of a killed one. */
  restore?(): void | Promise<void>
  /** Makes the engine forget what this adapter is subscribed to, without a word to it. */
  deafen?(adapter: ClusterAdapter): void | Promise<void>
  /** Milliseconds that a case waits for what has to happen in the end. Default 20 s. */
  readonly patienceMs?: number
}

export type SuiteControl = 'kill' | 'freeze' | 'restore' | 'deafen'

/** One thing that an adapter has to do right. */
export interface ClusterAdapterCase {
  readonly name: string
  /** Controls of the world that it cannot do without: elsewhere it is to be left out. */
  readonly needs: readonly SuiteControl[]
  /** Rejects with an AssertionError where the adapter does wrong. Every case takes a world of its own. */
  run(world: SuiteWorld): Promise<void>
}

/** How long a node waits for the engine before it tries again to subscribe. */
const renewMs = 1000

export interface Received {
  readonly channel: string
  readonly bytes: Uint8Array
}

/** A node: an adapter, and all that it was told. */
export class SuiteNode implements ClusterSink {
  readonly adapter: ClusterAdapter
  readonly received: Received[] = []
  readonly states: ('up' | 'down')[] = []

  readonly #patience: Patience

  constructor(adapter: ClusterAdapter, patience: Patience) {
    this.adapter = adapter
    this.#patience = patience
  }

  deliver(channel: string, bytes: Uint8Array): void {
    this.received.push({ channel, bytes })
  }

  state(state: 'up' | 'down'): void {
    this.states.push(state)
  }

  get isDown(): boolean {
    return this.states.at(-1) === 'down'
  }

  /** What came on a channel, as text. */
  texts(channel: string): string[] {
    return this.received.filter((each) => each.channel === channel).map(({ bytes }) => toText(bytes))
  }

  /** Publishes a text; where the adapter is full, again and again until it takes it. */
  async publish(channel: string, text: string): Promise<void> {
    const bytes = toBytes(text)
    await this.#patience.until('the adapter takes a message', () => this.adapter.publish(channel, bytes))
  }

  /** Subscribes anew until it hears itself on the channel: what a node does when it is deaf, or was away. */
  async hearsItself(channels: readonly string[]): Promise<void> {
    const [channel = ''] = channels
    const known = this.received.length
    const isHeard = (): boolean =>
      this.received.slice(known).some(({ bytes }) => toText(bytes).startsWith('hears itself'))
    const end = performance.now() + this.#patience.ms
    for (let count = 0; !isHeard(); count++) {
      assert.ok(performance.now() < end, `not in time: a node hears itself on ${channel}`)
      await settled(this.adapter.subscribe(channels), renewMs)
      this.adapter.publish(channel, toBytes(`hears itself ${count}`))
      await pause(50)
    }
  }
}

/** Numbers that are published on a channel one after the other, until it is stopped. */
export class Stream {
  /** How many the adapter took. */
  count = 0
  readonly #timer: NodeJS.Timeout

  constructor({ adapter }: SuiteNode, channel: string) {
    this.#timer = setInterval(() => {
      for (let i = 0; i < 20; i++) if (adapter.publish(channel, toBytes(`${this.count}`))) this.count++
    }, 1)
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** Makes nodes in a world, and closes them when the case is over, however it ends. */
export function clusterCase(
  name: string,
  needs: readonly SuiteControl[],
  run: (scene: Scene) => Promise<void>
): ClusterAdapterCase {
  return {
    name,
    needs,
    async run(world) {
      const scene = new Scene(world)
      try {
        await run(scene)
      } finally {
        await Promise.all(scene.nodes.map(({ adapter }) => adapter.close()))
      }
    }
  }
}

/** The world of one case, and its nodes. */
export class Scene extends Patience {
  readonly nodes: SuiteNode[] = []
  readonly #world: SuiteWorld

  constructor(world: SuiteWorld) {
    super(world.patienceMs)
    this.#world = world
  }

  /** A node that is not started. */
  make(): SuiteNode {
    const node = new SuiteNode(this.#world.adapter(), this)
    this.nodes.push(node)
    return node
  }

  /** A node that is up, and subscribed. */
  async node(...channels: string[]): Promise<SuiteNode> {
    const node = this.make()
    await this.inTime('start', node.adapter.start(node))
    if (channels.length > 0) await this.inTime('subscribe', node.adapter.subscribe(channels))
    return node
  }

  async kill(): Promise<void> {
    await this.#world.kill?.()
  }

  async freeze(): Promise<void> {
    await this.#world.freeze?.()
  }

  async restore(): Promise<void> {
    await this.#world.restore?.()
  }

  async deafen(node: SuiteNode): Promise<void> {
    await this.#world.deafen?.(node.adapter)
  }
}

export const toBytes = (text: string): Uint8Array => Buffer.from(text)
export const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** The numbers from 0, as texts behind a name. */
export function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name} ${i}`)
}
