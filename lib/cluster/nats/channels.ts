import type { Msg, Subscription } from '@nats-io/transport-node'
import { ClusterClosed, ClusterUnreachable } from '../../errors.js'
import { oneLine } from '../../log/one-line.js'
import type { Session } from './session.js'
import { subjectOf } from './subjects.js'

/** A channel that is wanted. */
interface Wanted {
  readonly channel: string
  readonly subject: string
  /** At the server of now, the newest last. */
  subscriptions: Subscription[]
  /** Those that newer ones have taken over from: since the last beat, and since the one before. */
  replaced: Subscription[]
  retiring: Subscription[]
  /** What asks for it, and is not confirmed yet. */
  asking: Batch | undefined
  /** Why the server does not allow it. */
  refused: Error | undefined
  isLeft: boolean
}

/** Channels that are asked for together. */
class Batch {
  readonly wanted: Wanted[] = []
  readonly done: Promise<void>
  resolve: () => void = () => {}
  reject: (err: Error) => void = () => {}

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    // Whoever asked hears of it; nobody has to.
    this.done.catch(() => {})
  }
}

/** The channels that a node wants, over all its connections. */
export class Channels {
  readonly #prefix: string
  readonly #deliver: (channel: string, msg: Msg) => void
  readonly #wanted = new Map<string, Wanted>()
  /** Asked for, and not confirmed. */
  readonly #asked = new Set<Batch>()
  /** Left in this turn of the event loop. */
  readonly #leaving = new Set<Wanted>()
  /** Which have subscriptions that newer ones have taken over from. */
  readonly #renewed = new Set<Wanted>()
  /** What this turn asks for. */
  #open: Batch | undefined
  #session: Session | undefined
  #isClosed = false

  constructor(prefix: string, deliver: (channel: string, msg: Msg) => void) {
    this.#prefix = prefix
    this.#deliver = deliver
  }

  /** Asks a new connection for all; resolves when it has them. */
  attach(session: Session): Promise<void> {
    this.#session = session
    const batch = new Batch()
    for (const wanted of this.#wanted.values()) this.#ask(wanted, batch)
    this.#send(batch, session)
    return batch.done
  }

  /** The connection has ended, with all that it was asked for. */
  detach(problem: Error): void {
    this.#session = undefined
    this.#open = undefined
    for (const wanted of this.#wanted.values()) {
      forget(wanted)
      wanted.asking = undefined
    }
    this.#renewed.clear()
    this.#settleAll(away(problem))
  }

  subscribe(channels: readonly string[]): Promise<void> {
    if (this.#isClosed) return rejected(new ClusterClosed())
    const wanted = channels.map((channel) => this.#want(channel))
    const session = this.#session
    if (session === undefined) return rejected(away(new Error('there is no connection')))
    const batches = new Set<Batch>()
    for (const each of wanted) {
      // Also what was confirmed before: who asks anew may have found that the server has forgotten it.
      if (each.asking === undefined) this.#ask(each, this.#batchOfTurn(session))
      if (each.asking !== undefined) batches.add(each.asking)
    }
    const done = Promise.all([...batches].map(({ done }) => done)).then(() => {})
    done.catch(() => {})
    return done
  }

  unsubscribe(channels: readonly string[]): void {
    if (this.#leaving.size === 0) queueMicrotask(() => this.#leave())
    for (const channel of channels) {
      const wanted = this.#wanted.get(channel)
      if (wanted === undefined) continue
      wanted.isLeft = true
      this.#leaving.add(wanted)
    }
  }

  /**
   * Ends what was taken over from, one to two beats later. A server that is slow to deliver what it had matched before
   * drops it where the one that it had chosen is gone.
   */
  beat(): void {
    for (const wanted of this.#renewed) {
      // What is on its way to them still comes.
      for (const old of wanted.retiring) old.drain().catch(() => {})
      wanted.retiring = wanted.replaced
      wanted.replaced = []
      if (wanted.retiring.length === 0) this.#renewed.delete(wanted)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#session = undefined
    this.#wanted.clear()
    this.#renewed.clear()
    this.#settleAll(new ClusterClosed())
  }

  /** Who has left in this turn and comes back stays: what is on its way to it still comes. */
  #leave(): void {
    for (const wanted of this.#leaving) {
      if (!wanted.isLeft) continue
      this.#wanted.delete(wanted.channel)
      this.#renewed.delete(wanted)
      for (const subscription of subscriptionsOf(wanted)) subscription.unsubscribe()
      forget(wanted)
    }
    this.#leaving.clear()
  }

  #want(channel: string): Wanted {
    const known = this.#wanted.get(channel)
    if (known !== undefined) {
      known.isLeft = false
      return known
    }
    const subject = subjectOf(this.#prefix, channel)
    const wanted: Wanted = {
      channel,
      subject,
      subscriptions: [],
      replaced: [],
      retiring: [],
      asking: undefined,
      refused: undefined,
      isLeft: false
    }
    this.#wanted.set(channel, wanted)
    return wanted
  }

  #ask(wanted: Wanted, batch: Batch): void {
    wanted.asking = batch
    batch.wanted.push(wanted)
  }

  #batchOfTurn(session: Session): Batch {
    if (this.#open !== undefined) return this.#open
    const batch = new Batch()
    this.#open = batch
    this.#asked.add(batch)
    queueMicrotask(() => {
      if (this.#open === batch) this.#open = undefined
      if (this.#asked.has(batch)) this.#send(batch, session)
    })
    return batch
  }

  #send(batch: Batch, session: Session): void {
    this.#asked.add(batch)
    try {
      for (const wanted of batch.wanted) if (!wanted.isLeft) this.#subscribe(wanted, session)
    } catch {
      // It has ended, which will be told.
      return
    }
    session.flush().then(
      () => this.#confirm(batch),
      () => {}
    )
  }

  #subscribe(wanted: Wanted, session: Session): void {
    wanted.refused = undefined
    const subscription = session.subscribe(wanted.subject, (err, msg) => {
      if (err !== null) this.#refuse(wanted, subscription, err)
      else if (!wanted.isLeft) this.#deliver(wanted.channel, msg)
    })
    wanted.subscriptions.push(subscription)
  }

  #refuse(wanted: Wanted, subscription: Subscription, err: Error): void {
    wanted.refused = err
    wanted.subscriptions = wanted.subscriptions.filter((each) => each !== subscription)
  }

  #confirm(batch: Batch): void {
    if (!this.#asked.delete(batch)) return
    let refused: Error | undefined
    for (const wanted of batch.wanted) {
      if (wanted.asking === batch) wanted.asking = undefined
      refused ??= wanted.refused
      const old = wanted.subscriptions.splice(0, wanted.subscriptions.length - 1)
      wanted.replaced.push(...old)
      if (old.length > 0) this.#renewed.add(wanted)
    }
    if (refused === undefined) batch.resolve()
    else batch.reject(away(refused))
  }

  #settleAll(err: Error): void {
    for (const batch of this.#asked) batch.reject(err)
    this.#asked.clear()
  }
}

function subscriptionsOf({ subscriptions, replaced, retiring }: Wanted): Subscription[] {
  return [...subscriptions, ...replaced, ...retiring]
}

function forget(wanted: Wanted): void {
  wanted.subscriptions = []
  wanted.replaced = []
  wanted.retiring = []
}

function rejected(err: Error): Promise<void> {
  const promise = Promise.reject(err)
  promise.catch(() => {})
  return promise
}

const away = (err: Error): Error => new ClusterUnreachable('NATS', oneLine(err), { cause: err })
