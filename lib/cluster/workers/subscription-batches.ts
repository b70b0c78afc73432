import { ClusterClosed } from '../../errors.js'

/** Channels that are asked for together; all who wait for one of them wait for the batch. */
class Batch {
  readonly channels = new Set<string>()
  readonly done: Promise<void>
  #resolve: () => void = () => {}
  #reject: (err: Error) => void = () => {}

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Whoever asked hears of it; nobody has to.
    this.done.catch(() => {})
  }

  settle(err?: Error): void {
    if (err === undefined) this.#resolve()
    else this.#reject(err)
  }
}

/** As many channels go into a batch. */
export const maxChannels = 512

/** The channels that a worker wants, and who waits until the hub has confirmed them. */
export class SubscriptionBatches {
  /** Every channel that is wanted, with the batch that is not confirmed yet. */
  readonly #wanted = new Map<string, Batch | undefined>()
  readonly #asked = new Map<number, Batch[]>()
  #open: Batch[] = []
  #number = 0
  #closed = false

  /** Whether something waits for the next {@link take}. */
  get isOpen(): boolean {
    return this.#open.length > 0
  }

  async add(channels: readonly string[]): Promise<void> {
    if (this.#closed) throw new ClusterClosed()
    const batches = new Set<Batch>()
    for (const channel of channels) {
      let batch = this.#wanted.get(channel)
      if (batch === undefined) {
        // Also what was confirmed before: who asks anew may have found that the hub has forgotten it.
        batch = this.#last()
        batch.channels.add(channel)
        this.#wanted.set(channel, batch)
      }
      batches.add(batch)
    }
    await Promise.all([...batches].map(({ done }) => done))
  }

  /** Returns those that were wanted. */
  remove(channels: readonly string[]): string[] {
    return channels.filter((channel) => this.#wanted.delete(channel))
  }

  /** What is to be asked for: a number for each batch, and its channels. */
  take(): { number: number; channels: string[] }[] {
    const open = this.#open
    this.#open = []
    return open.map((batch) => {
      this.#asked.set(++this.#number, [batch])
      return { number: this.#number, channels: [...batch.channels] }
    })
  }

  /** All that is wanted, to be asked for anew; the last number confirms all, and all who wait. */
  again(): { number: number; channels: string[] }[] {
    const waiting = [...this.#asked.values()].flat().concat(this.#open)
    this.#open = []
    this.#asked.clear()
    const all = [...this.#wanted.keys()]
    const parts: { number: number; channels: string[] }[] = []
    for (let at = 0; at === 0 || at < all.length; at += maxChannels)
      parts.push({ number: ++this.#number, channels: all.slice(at, at + maxChannels) })
    this.#asked.set(this.#number, waiting)
    return parts
  }

  confirm(number: number): void {
    for (const batch of this.#asked.get(number) ?? []) {
      for (const channel of batch.channels)
        if (this.#wanted.get(channel) === batch) this.#wanted.set(channel, undefined)
      batch.settle()
    }
    this.#asked.delete(number)
  }

  /** Nobody confirms any more. */
  close(): void {
    this.#closed = true
    for (const batch of [...this.#asked.values()].flat().concat(this.#open)) batch.settle(new ClusterClosed())
    this.#asked.clear()
    this.#open = []
    this.#wanted.clear()
  }

  #last(): Batch {
    const last = this.#open.at(-1)
    if (last !== undefined && last.channels.size < maxChannels) return last
    const batch = new Batch()
    this.#open.push(batch)
    return batch
  }
}
