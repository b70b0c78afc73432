import { createHistogram } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { inParallel } from './parallel.js'
import type { Load, Sample, Server, Subject } from './question.js'
import { type Come, storm, type Waiting } from './storm.js'
import type { Work } from './work.js'

export interface PeerStormSize {
  readonly peers: number
  /** So many of them offer at once, the next when those have their DataChannel. */
  readonly atOnce: number
  /** Milliseconds from one to the next of those who offer at once. */
  readonly everyMs?: number
  /** For how long they do nothing when all are there, to see what that costs. */
  readonly idleMs?: number
}

/** Enough to have the code compiled and the pools filled before the first round. */
const warmUp: PeerStormSize = { peers: 20, atOnce: 20, everyMs: 10 }

/** What has been opened just now is busy for a moment yet. */
const calmMs = 2000

/**
 * A client sees its DataChannel open before its server does where the server made the offer, and the
 * one of geckos.io aborts when the client has left by then.
 */
const seenOpenMs = 500

/** One operation is one peer that was opened, in a storm; the latency is that until its DataChannel is open. */
export function peerStormLoad(come: Come): Subject<PeerStormSize>['open'] {
  return async (url, size, server): Promise<Load> => {
    const warming = new Storm(url, come, warmUp)
    try {
      await warming.gather()
      await warming.blow()
    } finally {
      await warming.leave()
    }

    const storm = new Storm(url, come, size)
    let before: number | undefined
    return {
      async prepare() {
        before = (await server.usage(true))?.rssBytes
        await storm.gather()
      },
      run: () => storm.blow(),
      async finish() {
        const { peers, failed } = storm
        const found = size.idleMs === undefined ? {} : await idle(server, size.idleMs, { peers, before })
        await storm.leave()
        return { failed, ...found }
      },
      close: () => storm.leave()
    }
  }
}

/** What so many peers cost that do nothing. */
async function idle(
  server: Server,
  ms: number,
  { peers, before }: { peers: number; before: number | undefined }
): Promise<Partial<Sample>> {
  await setTimeout(calmMs)
  const start = performance.now()
  const first = await server.usage(true)
  await setTimeout(ms)
  const last = await server.usage()
  if (before === undefined || first === undefined || last === undefined) return {}
  const elapsedUs = (performance.now() - start) * 1000
  return {
    kibEach: (first.rssBytes - before) / 1024 / peers,
    idlePercent: ((last.cpuUs - first.cpuUs) / elapsedUs) * 100
  }
}

/** Clients who come, open their peers, and leave. */
class Storm {
  readonly #url: string
  readonly #come: Come
  readonly #size: PeerStormSize
  #waiting: Waiting[] = []
  #opened: { close(): void }[] = []
  /** Of the last time. */
  failed = 0

  constructor(url: string, come: Come, size: PeerStormSize) {
    this.#url = url
    this.#come = come
    this.#size = size
  }

  /** Peers that are open. */
  get peers(): number {
    return this.#opened.length
  }

  async gather(): Promise<void> {
    this.#waiting = await inParallel(this.#size.peers, (n) => this.#come(this.#url, `storm${n}`))
  }

  /** Throws when nobody's peer has opened: what was measured then is nothing, and takes no time. */
  async blow(): Promise<Work> {
    const { peers, atOnce, everyMs = 0 } = this.#size
    const latency = createHistogram()
    const onOpen = (ms: number): void => latency.record(Math.max(1, Math.round(ms * 1e6)))
    const start = performance.now()
    this.failed = 0
    let why: unknown
    for (let first = 0; first < peers; first += atOnce) {
      const group = this.#waiting.slice(first, first + atOnce)
      const { opened, failed, problem } = await storm(group, everyMs, onOpen)
      why ??= problem
      this.#opened.push(...opened)
      this.failed += failed
    }
    if (this.peers === 0) {
      throw new Error(`none of ${peers} peers opened: ${why instanceof Error ? why.message : String(why)}`)
    }
    return { operations: this.peers, seconds: (performance.now() - start) / 1000, latency }
  }

  async leave(): Promise<void> {
    if (this.peers > 0) await setTimeout(seenOpenMs)
    for (const peer of this.#opened.splice(0)) peer.close()
    await Promise.all(this.#waiting.splice(0).map((one) => one.leave()))
  }
}
