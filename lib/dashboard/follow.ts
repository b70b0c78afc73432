import { DataMessage } from '../data/message.js'
import { JsonText } from '../protocol/serializer/json.js'
import type { Delivery } from '../pubsub/delivery.js'
import type { Subscriber } from '../pubsub/pubsub.js'
import type { Clock } from '../time/clock.js'
import { LookTimer } from '../time/look-timer.js'
import type { Followed } from './protocol.js'

/** Milliseconds between two pushes. */
const periodMs = 250

/** Messages that are shown of one period; the rest is counted. */
const shownMessages = 25

/** Characters of a payload's JSON that are shown. */
const longestPayload = 2_000

type Message = Followed['messages'][number]

/** Shows what is broadcast to one topic, as much of it as anybody can read. */
export class Follow implements Subscriber {
  readonly #clock: Clock
  readonly #push: (followed: Followed) => void
  #messages: Message[] = []
  #leftOut = 0
  readonly #timer: LookTimer

  constructor(clock: Clock, push: (followed: Followed) => void) {
    this.#clock = clock
    this.#push = push
    this.#timer = new LookTimer(clock, () => this.#flush())
  }

  deliver({ broadcast }: Delivery): void {
    if (this.#messages.length < shownMessages) {
      const { event, payload } = broadcast
      this.#messages.push({ at: this.#clock.date(), event: String(event), ...shown(payload) })
    } else this.#leftOut++
    if (!this.#timer.isRunning) this.#timer.start(periodMs)
  }

  end(): void {
    this.#timer.stop()
  }

  #flush(): void {
    const [messages, leftOut] = [this.#messages, this.#leftOut]
    this.#messages = []
    this.#leftOut = 0
    this.#push({ messages, leftOut })
  }
}

/** A payload as it is, or the beginning of its text. */
function shown(payload: unknown): Pick<Message, 'payload' | 'cut'> {
  if (payload instanceof Uint8Array) {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, longestPayload))
    return {
      payload: `${payload.length} bytes: ${bytes.toString('base64')}`,
      cut: payload.length > longestPayload
    }
  }
  const text = textOf(payload)
  if (text.length > longestPayload) return { payload: text.slice(0, longestPayload), cut: true }
  return { payload: JSON.parse(text), cut: false }
}

/** Who broadcasts may change it later, and hears nothing of it where it is no JSON. */
function textOf(payload: unknown): string {
  if (payload instanceof DataMessage) return payload.json.text
  if (payload instanceof JsonText) return payload.text
  try {
    return JSON.stringify(payload) ?? 'null'
  } catch {
    return '"what is no JSON"'
  }
}
