import { clearLine, cursorTo } from 'node:readline'
import type { WriteStream } from 'node:tty'
import type { LoadProgress } from './run.js'

/** One line on a terminal that is written anew again and again; nothing where there is no terminal. */
export class ProgressLine {
  readonly #terminal: WriteStream

  constructor(terminal: WriteStream) {
    this.#terminal = terminal
  }

  show(progress: LoadProgress): void {
    if (!this.#terminal.isTTY) return
    this.clear()
    this.#terminal.write(progressText(progress).slice(0, this.#terminal.columns - 1))
  }

  clear(): void {
    if (!this.#terminal.isTTY) return
    clearLine(this.#terminal, 0)
    cursorTo(this.#terminal, 0)
  }
}

/** How far a load is, on one line. */
export function progressText({ phase, crowd, tally }: LoadProgress): string {
  const connected = `${crowd.connected} connected, ${crowd.errors.total} refused`
  if (phase === 'connecting') return `connecting: ${connected}`
  const { sent, done, errors, open, latency } = tally
  const times = latency === null ? '' : `, p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms`
  return `${phase}: ${connected}; ${sent} sent, ${done} done, ${errors.total} failed, ${open} open${times}`
}
