import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Usage } from './probe.js'
import { programUrl } from './question.js'

const startLimitMs = 110_000
const stopLimitMs = 10_000

/** A server under load, in a process of its own, so that its CPU time is its own. */
export class ServerProcess {
  /** Where it listens, for example `ws://127.0.0.1:40123`. */
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /**
   * Starts the program and waits until it listens. With `profileDir`, V8's CPU profile of it is left
   * there when it ends. `env` is what it has in its environment beside ours. All are started from one session, so that the
   * scheduler holds them for one group of processes with the load (`sched_autogroup`); `ownSession` is the other way.
   */
  static async start(
    program: URL,
    profileDir?: string,
    env: Readonly<Record<string, string>> = {},
    ownSession = false
  ): Promise<ServerProcess> {
    const profiling = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`]
    const child = fork(program, [], {
      execArgv: [...process.execArgv, ...profiling, '--expose-gc', '--import', programUrl('lib/probe').href],
      env: { ...process.env, ...env, HOST: '127.0.0.1', PORT: '0' },
      detached: ownSession,
      stdio: ['ignore', 'pipe', 'inherit', 'ipc']
    })
    const late = setTimeout(() => child.kill('SIGKILL'), startLimitMs)
    try {
      for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
        const [, origin] = /^listening on http(:\/\/.+)$/.exec(line) ?? []
        if (origin !== undefined) return new ServerProcess(child, `ws${origin}`)
      }
    } finally {
      clearTimeout(late)
    }
    throw new Error(`${program.pathname} ended before it listened`)
  }

  /** What the process has used so far; `collected` has it collect its garbage before. */
  usage(collected = false): Promise<Usage> {
    return this.#ask<Usage>(collected ? 'collected usage' : 'usage')
  }

  /**
   * Milliseconds of CPU time for which the process was busy, at the longest, without a look at anything
   * else, since this was asked before; the first to ask starts it.
   */
  longestTurn(): Promise<number> {
    return this.#ask<number>('longest turn')
  }

  /** Ends the server as an orchestrator does; resolves with its exit status, null where it had to be killed. */
  async stop(): Promise<number | null> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const exited = once(child, 'exit')
    const late = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
    child.kill('SIGTERM')
    await exited
    clearTimeout(late)
    return child.exitCode
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends the server without a word. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  async #ask<Answer>(question: string): Promise<Answer> {
    const gone = new AbortController()
    const onExit = (): void => gone.abort(new Error('the server ended while it was measured'))
    this.#child.once('exit', onExit)
    try {
      this.#child.send(question)
      const [answer] = await once(this.#child, 'message', { signal: gone.signal })
      return answer as Answer
    } finally {
      this.#child.off('exit', onExit)
    }
  }
}
