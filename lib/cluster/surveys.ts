import { excerpt } from '../log/excerpt.js'
import { demand, isTime, timeRange } from '../options.js'
import { stringify } from '../protocol/serializer/json.js'
import type { Clock, Timer } from '../time/clock.js'
import { type Logger, logFailure } from '../util/logger.js'
import type { Members } from './members.js'
import type { Signals } from './signals.js'

/** Answers a survey on one node; what it returns or resolves with is sent as JSON. */
export type SurveyHandler = (payload: unknown) => unknown

export interface SurveyOptions {
  /** Milliseconds that all have to answer; who has not is `silent`. Default 2,000. */
  timeoutMs?: number
}

/** What all nodes said. */
export interface SurveyResult {
  /** What their handlers returned, in the order in which it came. */
  readonly answers: { readonly node: string; readonly value: unknown }[]
  /** Nodes that have no such handler, or whose handler failed: their log says why. */
  readonly failed: { readonly node: string; readonly reason: 'no_handler' | 'failed' }[]
  /** Nodes that did not answer in time, or went away meanwhile. */
  readonly silent: string[]
}

/** What one node says: ok with a value, or why not. */
type Answer = { ok: true; value: unknown } | { ok: false; reason: 'no_handler' | 'failed' }

/** A survey that waits for answers. */
interface Asked {
  readonly result: SurveyResult
  readonly waitedFor: Set<string>
  readonly heard: Set<string>
  readonly isEnough: (value: unknown) => boolean
  done(): void
}

export interface SurveysOptions {
  /** The name of this node. */
  readonly name: string
  readonly clock: Clock
  readonly log: Logger
}

/** The other nodes, as surveys have to do with them. */
export interface SurveyedNodes {
  readonly members: Members
  readonly signals: Signals
  /** Sends a signal to one node, or to all; false where the engine does not take it. */
  send(signal: string, body: Uint8Array, to?: string): boolean
}

const never = (): boolean => false

/** Questions to all nodes at once, this one among them, and their answers. */
export class Surveys {
  readonly #options: SurveysOptions
  readonly #handlers = new Map<string, SurveyHandler>()
  readonly #asked = new Map<number, Asked>()
  #others: SurveyedNodes | undefined
  #count = 0

  constructor(options: SurveysOptions) {
    this.#options = options
  }

  /** Asks other nodes too from now on, and answers them. */
  connect(others: SurveyedNodes): void {
    this.#others = others
    others.signals.on('ask', (from, body) => this.#takeAsk(from, body))
    others.signals.on('answer', (from, body) => this.#takeAnswer(from, body))
    others.members.listen({ down: (node) => this.#lost(node) })
  }

  /** Answers surveys of a name until the result is called. Throws `PHX_ERR_OPTION_INVALID` for a second of one name. */
  on(name: string, handler: SurveyHandler): () => void {
    demand('onSurvey', typeof handler === 'function', 'needs a function')
    demand('onSurvey', !this.#handlers.has(name), `answers "${excerpt(name)}" already`)
    this.#handlers.set(name, handler)
    return () => {
      if (this.#handlers.get(name) === handler) this.#handlers.delete(name)
    }
  }

  /**
   * Asks all nodes; resolves when all have answered, when one answer is enough, or when the time is over. Throws
   * `PHX_ERR_OPTION_INVALID` for a time that is none, `PHX_ERR_SERIALIZER_ENCODE` for a payload that is no JSON.
   */
  ask(
    name: string,
    payload: unknown,
    { timeoutMs = 2_000 }: SurveyOptions = {},
    isEnough: (value: unknown) => boolean = never
  ): Promise<SurveyResult> {
    demand('timeoutMs', isTime(timeoutMs), `must be a whole number of milliseconds ${timeRange}`)
    const { clock, name: self } = this.#options
    const id = ++this.#count
    const question = stringify({ id, name, payload: payload ?? null })
    return new Promise((resolve) => {
      const result: SurveyResult = { answers: [], failed: [], silent: [] }
      const waitedFor = new Set([self, ...(this.#others?.members.names() ?? [])])
      let late: Timer | undefined
      const done = (): void => {
        if (!this.#asked.delete(id)) return
        if (late !== undefined) clock.clearTimeout(late)
        result.silent.push(...waitedFor)
        resolve(result)
      }
      this.#asked.set(id, { result, waitedFor, heard: new Set(), isEnough, done })
      late = clock.setTimeout(done, timeoutMs)
      this.#others?.send('ask', Buffer.from(question))
      void this.#answer(name, JSON.parse(question).payload).then((answer) => this.#add(id, self, answer))
    })
  }

  /** Ends all that waits, with what has come. */
  close(): void {
    for (const { done } of [...this.#asked.values()]) done()
  }

  async #answer(name: string, payload: unknown): Promise<Answer> {
    const handler = this.#handlers.get(name)
    if (handler === undefined) return { ok: false, reason: 'no_handler' }
    try {
      const value = (await handler(payload)) ?? null
      return { ok: true, value: JSON.parse(stringify(value)) }
    } catch (err) {
      logFailure(this.#options.log, 'error', { err, survey: excerpt(name) }, 'a survey could not be answered')
      return { ok: false, reason: 'failed' }
    }
  }

  #takeAsk(from: string, body: Uint8Array): void {
    const { id, name, payload } = Object(JSON.parse(Buffer.from(body).toString()))
    const send = (answer: Answer): boolean =>
      this.#others?.send('answer', Buffer.from(stringify({ id, ...answer })), from) === true
    void this.#answer(name, payload).then((answer) => {
      // It may be larger than what the engine takes.
      if (!send(answer) && answer.ok) send({ ok: false, reason: 'failed' })
    })
  }

  #takeAnswer(from: string, body: Uint8Array): void {
    const { id, ...answer } = Object(JSON.parse(Buffer.from(body).toString()))
    this.#add(id, from, answer)
  }

  #add(id: number, node: string, answer: Answer): void {
    const asked = this.#asked.get(id)
    if (asked === undefined || asked.heard.has(node)) return
    asked.heard.add(node)
    // Who was lost may have been away for a while only.
    const { silent } = asked.result
    if (!asked.waitedFor.delete(node) && silent.includes(node)) silent.splice(silent.indexOf(node), 1)
    if (!answer.ok) asked.result.failed.push({ node, reason: answer.reason })
    else asked.result.answers.push({ node, value: answer.value })
    if (asked.waitedFor.size === 0 || (answer.ok && asked.isEnough(answer.value))) asked.done()
  }

  /** Who has gone is waited for no longer. */
  #lost(node: string): void {
    for (const { waitedFor, result, done } of [...this.#asked.values()]) {
      if (!waitedFor.delete(node)) continue
      result.silent.push(node)
      if (waitedFor.size === 0) done()
    }
  }
}
