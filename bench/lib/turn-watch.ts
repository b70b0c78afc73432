import { openSync, readSync } from 'node:fs'

/** Milliseconds between two looks. */
const everyMs = 1

/**
 * Watches for how long the main thread of this process is busy without a look at anything else: the CPU
 * time that it uses from one tick of a timer to the next, which other processes do not touch. Linux
 * alone knows it; elsewhere it is always 0.
 */
export class TurnWatch {
  readonly #file = open('/proc/self/schedstat')
  readonly #bytes = Buffer.alloc(64)
  #longest = 0n
  #last = this.#cpuTime()

  constructor() {
    setInterval(() => this.#look(), everyMs).unref()
  }

  /** The longest since this was asked before, in milliseconds. */
  takeLongest(): number {
    this.#look()
    const longest = Number(this.#longest) / 1e6
    this.#longest = 0n
    return longest
  }

  #look(): void {
    const now = this.#cpuTime()
    if (now - this.#last > this.#longest) this.#longest = now - this.#last
    this.#last = now
  }

  /** Nanoseconds. The first field of the file is the time that the main thread was on a CPU. */
  #cpuTime(): bigint {
    if (this.#file === undefined) return 0n
    const read = readSync(this.#file, this.#bytes, 0, this.#bytes.length, 0)
    return BigInt(this.#bytes.toString('latin1', 0, this.#bytes.subarray(0, read).indexOf(' ')))
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch {
    return undefined
  }
}
