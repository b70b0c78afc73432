import { setTimeout as pause } from 'node:timers/promises'
import type { World } from './world.js'

/** An engine is used again by then, and nothing is lost from then on. */
const engineBackMs = 2_000

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** Faults of nodes and of the engine without an end; each says what it did, when it is over. */
export function* faults(seed: number, world: World): Generator<() => Promise<string>> {
  const random = randomOf(seed)
  const number = (): number => Math.floor(random() * world.nodes.length)
  const ms = (most: number): number => Math.round(500 + random() * (most - 500))
  const kinds: (() => Promise<string>)[] = [
    async () => {
      const node = number()
      await world.killNode(node)
      await pause(ms(8_000))
      await world.startNode(node)
      return `node ${node + 1} killed`
    },
    async () => {
      const node = number()
      await world.restartNode(node)
      return `node ${node + 1} restarted`
    },
    async () => {
      const node = number()
      const stalled = ms(12_000)
      world.nodes[node]?.signal('SIGSTOP')
      await pause(stalled)
      world.nodes[node]?.signal('SIGCONT')
      return `node ${node + 1} stood still for ${stalled} ms`
    },
    async () => {
      const away = ms(8_000)
      await world.engine.kill()
      await pause(away)
      await world.engine.start()
      await pause(engineBackMs)
      return `${world.engine.name} killed, and back after ${away} ms`
    },
    async () => {
      const frozen = ms(8_000)
      world.engine.signal('SIGSTOP')
      await pause(frozen)
      world.engine.signal('SIGCONT')
      await pause(engineBackMs)
      return `${world.engine.name} stood still for ${frozen} ms`
    }
  ]
  for (;;) yield kinds[Math.floor(random() * kinds.length)] as () => Promise<string>
}
