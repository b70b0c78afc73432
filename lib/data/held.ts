import type { DataMessage } from './message.js'

/** What an entry costs beside its data, so that many names of tiny state do not wait for nothing. */
const entryBytes = 128

/** State of one name that waits for a congested client. */
export interface Held {
  readonly label: string
  readonly data: string | Uint8Array
  readonly bytes: number
}

/** State that waits until a congested client has caught up: of each name and label the newest only. */
export class HeldData {
  readonly #messages = new Map<string, Held>()
  #bytes = 0

  /** All that waits, and what it costs to keep it. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#messages.size
  }

  /** What {@link bytes} would grow by if the message was held. */
  growth(message: DataMessage): number {
    return message.bytes + entryBytes - (this.#messages.get(keyOf(message))?.bytes ?? 0)
  }

  /** Keeps the message in place of an older one; returns whether there was one. */
  hold(message: DataMessage): boolean {
    const { label } = message
    const bytes = message.bytes + entryBytes
    // Behind the others, so that what changed last is sent last.
    const isReplaced = this.discard(message)
    this.#messages.set(keyOf(message), { label, data: message.keep(), bytes })
    this.#bytes += bytes
    return isReplaced
  }

  /** Gives up what the message is newer than; returns whether there was anything. */
  discard(message: DataMessage): boolean {
    const key = keyOf(message)
    const older = this.#messages.get(key)
    if (older === undefined) return false
    this.#messages.delete(key)
    this.#bytes -= older.bytes
    return true
  }

  /** Takes out the one that waits longest. */
  shift(): Held | undefined {
    for (const [key, held] of this.#messages) {
      this.#messages.delete(key)
      this.#bytes -= held.bytes
      return held
    }
    return undefined
  }
}

/** The name `b` of the label `a` and the name of `ab` must not be one; a length keeps them apart. */
function keyOf({ label, dropStale }: DataMessage): string {
  return `${label.length}:${label}${dropStale}`
}
