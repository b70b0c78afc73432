import { isObject } from '../../util/is-object.js'
import { workerNumber, workerNumberVariable } from './worker-number.js'

/** What workers of one primary say to each other through it; the primary adds who said it. */
export type SiblingMessage =
  /** Worker: to all others. */
  | { readonly kind: 'ask'; readonly question: string; readonly id: number }
  /** Primary: who was asked. */
  | { readonly kind: 'asked'; readonly question: string; readonly id: number; readonly workers: number[] }
  /** Primary: another worker asks. */
  | { readonly kind: 'question'; readonly question: string; readonly id: number; readonly from: number }
  /** Worker: to the one that asked. */
  | {
      readonly kind: 'answer'
      readonly question: string
      readonly id: number
      readonly to: number
      readonly value: unknown
    }
  /** Primary: an answer. */
  | {
      readonly kind: 'answered'
      readonly question: string
      readonly id: number
      readonly from: number
      readonly value: unknown
    }

/** Under this name such a message goes over the channel of Node, where the application may send its own. */
export const siblingKey = 'fastify-phoenix:siblings'

/** The message that something on that channel is; undefined where it is none. */
export function siblingMessage(message: unknown): SiblingMessage | undefined {
  return isObject(message) ? (message[siblingKey] as SiblingMessage | undefined) : undefined
}

/** What the other workers said, by their numbers. */
export interface SiblingAnswers<Value> {
  readonly answers: Map<number, Value>
  /** Those that were asked and have not answered in time. */
  readonly silent: readonly number[]
}

interface Asking<Value> {
  readonly answers: Map<number, Value>
  asked: readonly number[] | undefined
  readonly done: () => void
}

/** Whether this process is a worker of a primary that runs `supervise()`. */
export const hasSiblings = (): boolean =>
  process.env[workerNumberVariable] !== undefined && process.send !== undefined

/** Asks the other workers of this machine one question, and answers theirs; the engine of a cluster has no part in it. */
export class Siblings<Value> {
  /** Of this worker. */
  readonly number = workerNumber()
  readonly #question: string
  readonly #answer: () => Promise<Value>
  readonly #asking = new Map<number, Asking<Value>>()
  #lastId = 0

  /** @param answer what this worker says; it must be what Node can send to another process */
  constructor(question: string, answer: () => Promise<Value>) {
    this.#question = question
    this.#answer = answer
    process.on('message', this.#heard)
  }

  /** Resolves when all have answered, or the time is over. Never rejects. */
  async ask(waitMs: number): Promise<SiblingAnswers<Value>> {
    const id = ++this.#lastId
    const answers = new Map<number, Value>()
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((done) => {
      timer = setTimeout(done, waitMs)
      this.#asking.set(id, { answers, asked: undefined, done })
      send({ kind: 'ask', question: this.#question, id })
    })
    clearTimeout(timer)
    const asked = this.#asking.get(id)?.asked ?? []
    this.#asking.delete(id)
    return { answers, silent: asked.filter((number) => !answers.has(number)) }
  }

  close(): void {
    process.off('message', this.#heard)
    for (const { done } of this.#asking.values()) done()
  }

  readonly #heard = (heard: unknown): void => {
    const message = siblingMessage(heard)
    if (message === undefined || message.question !== this.#question) return
    const { question, id } = message
    if (message.kind === 'question') {
      const { from: to } = message
      this.#answer().then(
        (value) => send({ kind: 'answer', question, id, to, value }),
        // Who asks goes on without it.
        () => {}
      )
      return
    }
    const asking = this.#asking.get(id)
    if (asking === undefined) return
    if (message.kind === 'asked') asking.asked = message.workers
    else if (message.kind === 'answered') asking.answers.set(message.from, message.value as Value)
    if (asking.asked?.every((number) => asking.answers.has(number))) asking.done()
  }
}

/** A primary that has gone hears nothing, and this worker is about to end. */
function send(message: SiblingMessage): void {
  if (process.connected) process.send?.({ [siblingKey]: message }, undefined, {}, () => {})
}
