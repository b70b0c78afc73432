import type { Clock, Timer } from '../time/clock.js'
import type { ClusterAdapter } from './adapter.js'

/** Channels of one command to the engine, at most. */
const batchSize = 512

/** Milliseconds for which a channel stays subscribed that nobody here wants any more: who left often comes back. */
const lingerMs = 10_000

/** Milliseconds that the engine has to confirm, before who waits goes on without. */
const confirmMs = 2_000

/** In so many parts: a process that stood still has not listened, and what was confirmed is still to be read. */
const confirmLooks = 4

interface Wanted {
  /** Resolves when the engine has confirmed; undefined from then on. */
  confirming: Promise<void> | undefined
  resolve: () => void
  /** Set while nobody here wants it, and it is still subscribed. */
  leaving: Timer | undefined
}

/**
 * What one node is subscribed to at its engine: each channel once, however many of its clients want it. Many that come
 * together are few commands, and whoever joins can wait until nothing that is published is missed.
 */
export class Subscriptions {
  readonly #adapter: ClusterAdapter
  readonly #clock: Clock
  readonly #wanted = new Map<string, Wanted>()
  #pending: string[] = []
  #left: string[] = []
  #isScheduled = false
  /** Whether somebody has waited in vain, and nothing was confirmed since: one after the other would wait as long. */
  #isSilent = false
  /** Joins that went on before the engine had confirmed. */
  late = 0

  constructor(adapter: ClusterAdapter, clock: Clock) {
    this.#adapter = adapter
    this.#clock = clock
  }

  /** How many channels are subscribed, or on their way to be. */
  get size(): number {
    return this.#wanted.size
  }

  /** Somebody here wants the channel from now on. */
  add(channel: string): void {
    const known = this.#wanted.get(channel)
    if (known === undefined) this.#begin(channel)
    else if (known.leaving !== undefined) {
      this.#clock.clearTimeout(known.leaving)
      known.leaving = undefined
    }
  }

  /** Nobody here wants the channel any more. */
  delete(channel: string): void {
    const known = this.#wanted.get(channel)
    if (known === undefined || known.leaving !== undefined) return
    known.leaving = this.#clock.setTimeout(() => this.#end(channel), lingerMs)
    known.leaving.unref()
  }

  /**
   * Resolves when the engine has confirmed the channel, which is wanted; after two seconds in any case. Undefined
   * where there is nothing to wait for, or no use in it.
   */
  confirmed(channel: string): Promise<void> | undefined {
    const confirming = this.#wanted.get(channel)?.confirming
    if (confirming === undefined) return undefined
    if (this.#isSilent) {
      this.late++
      return undefined
    }
    return new Promise((resolve) => {
      let looks = 0
      let timer: Timer
      const wait = (): void => {
        timer = this.#clock.setTimeout(look, confirmMs / confirmLooks)
        timer.unref()
      }
      const look = (): void => {
        if (++looks < confirmLooks) return wait()
        this.late++
        this.#isSilent = true
        resolve()
      }
      wait()
      void confirming.then(() => {
        this.#clock.clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Subscribes all anew: the engine may have forgotten them, so that whoever joins waits for all of them again. */
  renew(): void {
    this.#pending = []
    this.#isSilent = false
    for (const [channel, known] of this.#wanted) {
      if (known.confirming === undefined) Object.assign(known, unconfirmed())
      this.#queue(channel)
    }
  }

  /** Forgets all; nobody waits any more. */
  close(): void {
    this.#pending = []
    this.#left = []
    for (const { leaving, resolve } of this.#wanted.values()) {
      if (leaving !== undefined) this.#clock.clearTimeout(leaving)
      resolve()
    }
    this.#wanted.clear()
  }

  #begin(channel: string): void {
    this.#wanted.set(channel, { ...unconfirmed(), leaving: undefined })
    this.#queue(channel)
  }

  #end(channel: string): void {
    const known = this.#wanted.get(channel)
    this.#wanted.delete(channel)
    known?.resolve()
    this.#left.push(channel)
    this.#schedule()
  }

  #queue(channel: string): void {
    this.#pending.push(channel)
    this.#schedule()
  }

  /** What one turn of the event loop asks for goes out together. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      // Who came back in the same turn is heard without a gap.
      const left = this.#left.filter((each) => !this.#wanted.has(each))
      const pending = this.#pending.filter((each) => this.#wanted.has(each))
      this.#left = []
      this.#pending = []
      for (const batch of batches(left)) this.#adapter.unsubscribe(batch)
      for (const batch of batches(pending)) this.#subscribe(batch)
    })
  }

  #subscribe(channels: readonly string[]): void {
    const wanted = channels.map((channel) => this.#wanted.get(channel) as Wanted)
    this.#adapter.subscribe(channels).then(
      () => {
        this.#isSilent = false
        for (const each of wanted) {
          each.confirming = undefined
          each.resolve()
        }
      },
      // The engine is away: its return has all of them subscribed anew, see `renew`.
      () => {}
    )
  }
}

function unconfirmed(): Pick<Wanted, 'confirming' | 'resolve'> {
  let resolve = (): void => {}
  const confirming = new Promise<void>((done) => {
    resolve = done
  })
  return { confirming, resolve }
}

function* batches(channels: readonly string[]): Iterable<readonly string[]> {
  for (let i = 0; i < channels.length; i += batchSize) yield channels.slice(i, i + batchSize)
}
