import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Host } from '../lib/host.js'
import { programUrl } from '../lib/question.js'

/** A program of the benchmark that runs on a host. */
export class HostProgram {
  readonly #name: string
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  /** Starts `path`, from `bench/` and without its ending. */
  constructor(host: Host, path: string, args: readonly string[], env: Record<string, string> = {}) {
    const command = [process.execPath, ...process.execArgv, fileURLToPath(programUrl(path)), ...args]
    const child = spawn('nsenter', host.wrap(command), {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit']
    })
    this.#name = path
    this.#child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`${this.#name} ended before its time`)
    return value
  }

  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await ended
  }
}
