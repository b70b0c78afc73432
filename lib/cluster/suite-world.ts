import assert from 'node:assert/strict'
import type { ClusterAdapter, ClusterSink } from './adapter.js'

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

/** How long the suite waits for what has to happen in the end. */
const patienceMs = 20_000

export interface Received {
  readonly channel: string
  readonly bytes: Uint8Array
}

/** A node: an adapter, and all that it was told. */
export class SuiteNode implements ClusterSink {
  readonly adapter: ClusterAdapter
  readonly received: Received[] = []
  readonly states: ('up' | 'down')[] = []

  constructor(adapter: ClusterAdapter) {
    this.adapter = adapter
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
    await until('the adapter takes a message', () => this.adapter.publish(channel, bytes))
  }

  /** Subscribes anew until it hears itself on the channel: what a node does when it is deaf, or was away. */
  async hearsItself(channels: readonly string[]): Promise<void> {
    const [channel = ''] = channels
    let count = 0
    const isHeard = (): boolean => this.texts(channel).some((text) => text.startsWith('hears itself'))
    while (!isHeard()) {
      assert.ok(count < patienceMs / 50, `a node hears itself on ${channel}`)
      await settled(this.adapter.subscribe(channels), 1000)
      this.adapter.publish(channel, toBytes(`hears itself ${count++}`))
      await pause(50)
    }
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
export class Scene {
  readonly nodes: SuiteNode[] = []
  readonly #world: SuiteWorld

  constructor(world: SuiteWorld) {
    this.#world = world
  }

  /** A node that is not started. */
  make(): SuiteNode {
    const node = new SuiteNode(this.#world.adapter())
    this.nodes.push(node)
    return node
  }

  /** A node that is up, and subscribed. */
  async node(...channels: string[]): Promise<SuiteNode> {
    const node = this.make()
    await inTime('start', node.adapter.start(node))
    if (channels.length > 0) await inTime('subscribe', node.adapter.subscribe(channels))
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

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits for what has to become true. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const end = performance.now() + patienceMs
  while (!isTrue()) {
    assert.ok(performance.now() < end, `not in time: ${what}`)
    await pause(2)
  }
}

/** Waits for a promise that has to resolve. */
export async function inTime<T>(what: string, promise: Promise<T>): Promise<T> {
  await settled(promise, patienceMs, what)
  return promise
}

/** Waits for a promise to resolve or reject, whatever it is; with `what`, it has to within this time. */
export async function settled(promise: Promise<unknown>, ms: number, what?: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms)
  })
  const how = await Promise.race([promise.then(noop, noop), late])
  clearTimeout(timer)
  if (what !== undefined) assert.notEqual(how, 'late', `not in time: ${what}`)
}

const noop = (): void => {}

/** The numbers from 0, as texts behind a name. */
export function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name} ${i}`)
}
