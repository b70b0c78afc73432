import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export type EngineName = 'redis' | 'nats'

const programs: Record<EngineName, (port: number, folder: string) => [string, string[]]> = {
  redis: (port, folder) => [
    'redis-server',
    ['--bind', '127.0.0.1', '--port', `${port}`, '--save', '', '--appendonly', 'no', '--dir', folder]
  ],
  nats: (port, folder) => ['nats-server', ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', folder]]
}

/** An engine in a process of its own, on loopback and without a disk, which can be ended and stopped. */
export class Engine {
  readonly name: EngineName
  readonly #port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'phx-engine-'))
  #child: ChildProcess | undefined

  private constructor(name: EngineName, port: number) {
    this.name = name
    this.#port = port
  }

  static async start(name: EngineName): Promise<Engine> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    const engine = new Engine(name, port)
    await engine.start()
    return engine
  }

  get url(): string {
    return `${this.name}://127.0.0.1:${this.#port}`
  }

  /** Starts it again, with nothing of what it knew; resolves when it takes connections. */
  async start(): Promise<void> {
    const [program, args] = programs[this.name](this.#port, this.#folder)
    const child = spawn(program, args, { stdio: 'ignore' })
    this.#child = child
    child.once('error', (err) => process.stderr.write(`${program}: ${err.message}\n`))
    while (child.exitCode === null && child.pid !== undefined && !(await this.#answers())) await pause(20)
    if (child.pid === undefined || child.exitCode !== null) throw new Error(`${program} does not run here`)
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async end(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.#port, '127.0.0.1')
      const done = (answers: boolean): void => {
        socket.destroy()
        resolve(answers)
      }
      socket.once('connect', () => done(true)).once('error', () => done(false))
    })
  }
}
