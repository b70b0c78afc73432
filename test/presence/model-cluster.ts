import { setImmediate as turn } from 'node:timers/promises'
import * as fc from 'fast-check'
import { defaultSizes } from '../../lib/presence/sizes.js'
import type { PresenceFetch } from '../../lib/presence/types.js'
import { ModelNetwork } from '../fixtures/model-network.js'
import { listOf, ModelClient, ModelNode, topics, truthOf } from './model-node.js'

const keys = ['ann', 'bob', '__proto__', 'constructor'] as const

/** What may happen; `node`, `client` and `n` are taken modulo how many there are. */
export const action = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constant('join' as const) },
    { weight: 3, arbitrary: fc.constantFrom('update' as const, 'leave' as const, 'change' as const) },
    { weight: 2, arbitrary: fc.constantFrom('wait' as const, 'crowd' as const, 'sync' as const) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'kill' as const,
        'restart' as const,
        'close' as const,
        'stall' as const,
        'wake' as const,
        'split' as const,
        'heal' as const
      )
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('engine' as const, 'deafen' as const, 'lose' as const, 'lose' as const)
    }
  ),
  node: fc.nat({ max: 4 }),
  client: fc.nat({ max: 5 }),
  n: fc.nat({ max: 999 }),
  /** How much of what is under way is delivered before the next one. */
  delivered: fc.constantFrom(0, 1, 3, 1_000)
})

export type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

export const history = fc.record({
  count: fc.integer({ min: 3, max: 5 }),
  /** Small sizes have every answer in many parts, and most of them states. */
  isSmall: fc.boolean(),
  isEager: fc.boolean(),
  isFetching: fc.boolean(),
  actions: fc.array(action, { minLength: 1, maxLength: 30 })
})

const smallSizes = { keptOps: 6, partOps: 2, fewOps: 1, window: 2, stepsATurn: 3 }
const waits = [20, 50, 300, 1_200, 3_000, 6_000, 12_000, 70_000] as const

/** Takes its time, now more, now less. */
const slowly: PresenceFetch = async (_topic, entries) => {
  for (let turns = Object.keys(entries).join().length % 4; turns > 0; turns--) await turn()
  return entries
}

/** Three to five nodes, and what happens to them. */
export class ModelCluster {
  readonly #network = new ModelNetwork()
  readonly #nodes: (ModelNode | undefined)[] = []
  readonly #make: () => ModelNode
  readonly #ended: ModelNode[] = []
  #picks = 1

  constructor({ isSmall, isEager, isFetching }: Record<'isSmall' | 'isEager' | 'isFetching', boolean>) {
    const sizes = isSmall ? smallSizes : defaultSizes
    this.#make = () => new ModelNode(this.#network, sizes, isEager, isFetching ? slowly : undefined)
  }

  get #live(): ModelNode[] {
    return this.#nodes.filter((node) => node !== undefined)
  }

  async start(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#startNode(i)
    await this.#settle()
  }

  async act({ what, node: at, client, n, delivered }: Action): Promise<void> {
    const index = at % this.#nodes.length
    const node = this.#nodes[index]
    if (what === 'wait') await this.#pass(waits[n % waits.length] as number)
    else if (what === 'heal') for (const { adapter } of this.#live) adapter.group = 0
    else if (what === 'split') for (const [i, each] of this.#live.entries()) each.adapter.group = (n >> i) & 1
    else if (what === 'engine') this.#network.set(this.#network.isUp ? 'down' : 'up')
    else if (what === 'restart') await this.#restart(index, node, n)
    else if (node !== undefined) await this.#actOn(node, index, what, client, n)
    await this.#deliver(delivered)
  }

  /** All faults end; then everybody has to hold the truth. */
  async heals(): Promise<void> {
    this.#network.set('up')
    for (const node of this.#live) {
      node.adapter.group = 0
      this.#wake(node)
    }
    // Who was deaf again and again takes longer and longer until it subscribes anew.
    await this.#pass(4_000)
    for (let i = 0; i < 60 && this.#live.some(({ cluster }) => !cluster.isUp); i++) await this.#pass(1_000)
    await this.#pass(6_000)
    let wrong: string | undefined
    for (let round = 0; round < 500; round++) {
      wrong = await this.#difference()
      if (wrong === undefined) break
      await turn()
    }
    if (wrong !== undefined) throw new Error(wrong)
    for (const { problems, log } of [...this.#live, ...this.#ended]) {
      const found = [...problems, ...log.lines.filter(({ level }) => level === 'error')]
      if (found.length > 0)
        throw new Error(JSON.stringify(found, (_k, v) => (v instanceof Error ? v.stack : v)))
    }
  }

  async close(): Promise<void> {
    for (const node of this.#live) {
      for (const client of [...node.clients]) client.end()
      await node.end()
    }
  }

  async #actOn(node: ModelNode, index: number, what: Action['what'], at: number, n: number): Promise<void> {
    const { adapter, cluster, clients } = node
    const key = keys[n % keys.length] as string
    if (what === 'stall') this.#stall(node)
    else if (what === 'wake') this.#wake(node)
    else if (what === 'lose') adapter.lose(n % 2 === 0 ? 1 : 1_000)
    else if (what === 'deafen') adapter.deafen()
    else if (what === 'kill') this.#kill(node, index, n % 2 === 0)
    // Who stands still does nothing of its own.
    else if (node.stalled !== undefined) return
    else if (what === 'join') this.#join(node, key, n)
    else if (what === 'crowd') for (let i = 0; i < 5 + (n % 20); i++) this.#join(node, `${key}${i}`, n)
    else if (what === 'close') {
      cluster.leave()
      for (const client of [...clients]) client.end()
      await node.end()
      this.#forget(node, index)
    } else {
      const client = [...clients][at % clients.size]
      if (client !== undefined) this.#actAs(client, what, key, n)
    }
  }

  #actAs(client: ModelClient, what: Action['what'], key: string, n: number): void {
    const own = [...client.own.keys()]
    const chosen = own[n % own.length] ?? key
    if (what === 'leave') client.end()
    else if (what === 'sync') client.sync()
    else if (what === 'update') for (let i = 0; i <= n % 4; i++) client.update(chosen, { n: i })
    else if (client.own.has(key)) client.untrack(key)
    else client.track(key, { n })
  }

  #join(node: ModelNode, key: string, n: number): void {
    const client = new ModelClient(node, topics[n % topics.length] as string)
    client.track(key, { n })
    client.sync()
  }

  async #restart(index: number, node: ModelNode | undefined, n: number): Promise<void> {
    if (node !== undefined) this.#kill(node, index, n % 2 === 0)
    await this.#startNode(index)
  }

  async #startNode(index: number): Promise<void> {
    // A server whose engine is away does not start.
    if (!this.#network.isUp) return
    const node = this.#make()
    this.#nodes[index] = node
    void node.cluster.start()
    await turn()
  }

  #kill(node: ModelNode, index: number, isNoticed: boolean): void {
    this.#network.kill(node.adapter, node.endpoint.node, isNoticed)
    this.#forget(node, index)
  }

  #forget(node: ModelNode, index: number): void {
    this.#nodes[index] = undefined
    this.#ended.push(node)
  }

  #stall(node: ModelNode): void {
    node.stalled ??= 0
    node.adapter.stalled = true
  }

  #wake(node: ModelNode): void {
    const ms = node.stalled
    if (ms === undefined) return
    node.stalled = undefined
    node.adapter.stalled = false
    node.clock.jump(ms)
  }

  async #pass(ms: number): Promise<void> {
    const step = ms > 2_000 ? 500 : 100
    for (let passed = 0; passed < ms; passed += step) {
      const now = Math.min(step, ms - passed)
      for (const node of this.#live) {
        if (node.stalled === undefined) node.clock.advance(now)
        else node.stalled += now
      }
      await this.#settle()
    }
  }

  async #deliver(count: number): Promise<void> {
    if (count >= 1_000) return this.#settle()
    this.#network.deliver(count, this.#pick)
    await turn()
  }

  /** Until nothing is under way. */
  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      if (this.#network.deliver(1_000, this.#pick) > 0) quiet = 0
      await turn()
    }
  }

  async #difference(): Promise<string | undefined> {
    for (const topic of topics) {
      const truth = truthOf(topic, this.#live)
      for (const [i, node] of this.#live.entries()) {
        const list = await listOf(topic, node)
        // A tracker that no channel has used yet shows nothing.
        if (node.isAttached && list !== truth) return `node ${i} lists\n${list}\ninstead of\n${truth}`
        for (const client of node.clients) {
          const isWrong = client.topic === topic && client.held !== truth
          if (isWrong) return `a client of node ${i} holds\n${client.held}\ninstead of\n${truth}`
        }
      }
    }
    return undefined
  }

  /** The same in each run of a history. */
  readonly #pick = (): number => {
    this.#picks = (this.#picks * 1_103_515_245 + 12_345) % 2_147_483_648
    return this.#picks >> 8
  }
}
