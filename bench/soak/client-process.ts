import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { programUrl } from '../lib/question.js'
import type { Role } from './client.js'

/** A process of clients that can be asked, stopped and killed. */
export class ClientProcess {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
    // What is frozen does not see its parent end.
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
  }

  static async start(role: Role, url: string): Promise<ClientProcess> {
    const child = fork(programUrl('soak/client'), [role, url], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    const gone = new AbortController()
    child.once('exit', () => gone.abort(new Error(`the ${role} clients ended before they were ready`)))
    await once(child, 'message', { signal: gone.signal })
    return new ClientProcess(child)
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What the clients did since they were asked before. */
  async report<Report>(): Promise<Report> {
    const gone = new AbortController()
    const onExit = (): void => gone.abort(new Error('the clients ended'))
    this.#child.once('exit', onExit)
    try {
      this.#child.send('report')
      const [report] = await once(this.#child, 'message', { signal: gone.signal })
      return report as Report
    } finally {
      this.#child.off('exit', onExit)
    }
  }

  /** The network of these clients drops everything, both ways: nothing is answered and nothing is closed. */
  freeze(): void {
    this.#child.kill('SIGSTOP')
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }
}
