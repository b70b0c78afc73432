import t from 'tap'
import type { ClusterAdapter, ClusterSink } from '../../lib/cluster/adapter.js'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import { clusterAdapterCases } from '../../lib/cluster/suite.js'

/** An adapter that does most things right. */
class Faulty implements ClusterAdapter {
  readonly inner: ClusterAdapter

  constructor(inner: ClusterAdapter) {
    this.inner = inner
  }

  start(sink: ClusterSink): Promise<void> {
    return this.inner.start(sink)
  }

  publish(channel: string, bytes: Uint8Array): boolean {
    return this.inner.publish(channel, bytes)
  }

  subscribe(channels: readonly string[]): Promise<void> {
    return this.inner.subscribe(channels)
  }

  unsubscribe(channels: readonly string[]): void {
    this.inner.unsubscribe(channels)
  }

  close(): Promise<void> {
    return this.inner.close()
  }
}

/** Tells the sink each message as `deliver` does. */
function delivering(sink: ClusterSink, deliver: ClusterSink['deliver']): ClusterSink {
  return { deliver, state: (state) => sink.state(state) }
}

class Twice extends Faulty {
  override start(sink: ClusterSink): Promise<void> {
    const twice: ClusterSink['deliver'] = (channel, bytes) => {
      sink.deliver(channel, bytes)
      sink.deliver(channel, bytes)
    }
    return super.start(delivering(sink, twice))
  }
}

class Lossy extends Faulty {
  #count = 0

  override publish(channel: string, bytes: Uint8Array): boolean {
    return ++this.#count % 777 === 0 || super.publish(channel, bytes)
  }
}

class Unordered extends Faulty {
  override start(sink: ClusterSink): Promise<void> {
    const held = new Map<string, () => void>()
    const late: ClusterSink['deliver'] = (channel, bytes) => {
      const before = held.get(channel)
      held.delete(channel)
      if (before === undefined && bytes.length < 100) {
        held.set(channel, () => sink.deliver(channel, bytes))
        return
      }
      sink.deliver(channel, bytes)
      before?.()
    }
    return super.start(delivering(sink, late))
  }
}

class Textual extends Faulty {
  override publish(channel: string, bytes: Uint8Array): boolean {
    return super.publish(channel, Buffer.from(Buffer.from(bytes).toString()))
  }
}

class Reusing extends Faulty {
  readonly #buffer = Buffer.alloc(8 * 1024 * 1024)

  override start(sink: ClusterSink): Promise<void> {
    const same: ClusterSink['deliver'] = (channel, bytes) => {
      this.#buffer.set(bytes)
      sink.deliver(channel, this.#buffer.subarray(0, bytes.length))
    }
    return super.start(delivering(sink, same))
  }
}

class Hasty extends Faulty {
  override async subscribe(channels: readonly string[]): Promise<void> {
    setTimeout(() => {
      super.subscribe(channels).catch(() => {})
    }, 20)
  }
}

class Remembering extends Faulty {
  readonly #known = new Set<string>()

  override async subscribe(channels: readonly string[]): Promise<void> {
    const fresh = channels.filter((channel) => !this.#known.has(channel))
    for (const channel of fresh) this.#known.add(channel)
    await super.subscribe(fresh)
  }

  override unsubscribe(channels: readonly string[]): void {
    for (const channel of channels) this.#known.delete(channel)
    super.unsubscribe(channels)
  }
}

class Staying extends Faulty {
  override unsubscribe(): void {}
}

class Abrupt extends Faulty {
  #queue: (() => void)[] = []
  #isClosed = false

  override publish(channel: string, bytes: Uint8Array): boolean {
    if (this.#isClosed) return false
    this.#queue.push(() => super.publish(channel, bytes))
    setImmediate(() => this.#queue.shift()?.())
    return true
  }

  override close(): Promise<void> {
    this.#isClosed = true
    this.#queue = []
    return super.close()
  }
}

class Ghostly extends Faulty {
  override start(sink: ClusterSink): Promise<void> {
    const late: ClusterSink['deliver'] = (channel, bytes) => {
      setTimeout(() => sink.deliver(channel, bytes), 50)
    }
    return super.start(delivering(sink, late))
  }
}

class Chatty extends Faulty {
  override async start(sink: ClusterSink): Promise<void> {
    await super.start(sink)
    sink.state('up')
  }
}

class Full extends Faulty {
  override publish(): boolean {
    return false
  }
}

class Boundless extends Faulty {
  override publish(channel: string, bytes: Uint8Array): boolean {
    setImmediate(() => super.publish(channel, bytes))
    return true
  }
}

class Synchronous extends Faulty {
  #sink: ClusterSink | undefined

  override start(sink: ClusterSink): Promise<void> {
    this.#sink = sink
    return super.start(sink)
  }

  override publish(channel: string, bytes: Uint8Array): boolean {
    this.#sink?.deliver(channel, bytes)
    return super.publish(channel, bytes)
  }
}

/** What is wrong with an adapter, and a case that finds it. */
const faulty: [new (inner: ClusterAdapter) => Faulty, RegExp][] = [
  [Twice, /reaches who is subscribed/],
  [Synchronous, /reaches who is subscribed/],
  [Textual, /bytes arrive unchanged/],
  [Reusing, /bytes arrive unchanged/],
  [Lossy, /keep their order/],
  [Unordered, /keep their order/],
  [Hasty, /misses nothing/],
  [Staying, /unsubscribed/],
  [Remembering, /deafness/],
  [Full, /too much waits/],
  [Boundless, /too much waits/],
  [Abrupt, /before close still arrives/],
  [Ghostly, /nothing is delivered after close/],
  [Chatty, /takes its place/]
]

// A case that waits for what never comes would have the patience that real engines need.
const patienceMs = 500

for (const [Adapter, pattern] of faulty) {
  t.test(`an adapter that is ${Adapter.name.toLowerCase()} does not pass`, async (t) => {
    const found = clusterAdapterCases.filter(({ name }) => pattern.test(name))
    t.equal(found.length, 1)
    const engine = new MemoryEngine()
    const world = {
      adapter: () => new Adapter(engine.adapter()),
      kill: () => engine.kill(),
      freeze: () => engine.freeze(),
      restore: () => engine.restore(),
      deafen: (adapter: ClusterAdapter) => engine.deafen((adapter as Faulty).inner),
      patienceMs
    }
    await t.rejects(Promise.resolve(found[0]?.run(world)), { name: 'AssertionError' })
  })
}
