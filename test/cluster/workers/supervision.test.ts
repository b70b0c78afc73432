import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

interface Line {
  readonly is: string
  readonly pid: number
  readonly [detail: string]: unknown
}

/** The program of `fixtures/supervised.ts`, and what it and its workers print. */
class Program {
  readonly child: ChildProcess
  readonly lines: Line[] = []
  readonly ended: Promise<number | string>
  readonly #news = new Set<() => void>()

  constructor(t: Test, env: Record<string, string> = {}) {
    const file = fileURLToPath(new URL('../../fixtures/supervised.js', import.meta.url))
    this.child = spawn(process.execPath, [file], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const output = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })
    output.on('line', (line) => {
      this.lines.push(JSON.parse(line))
      for (const look of this.#news) look()
    })
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal)
    t.teardown(async () => {
      this.child.kill('SIGKILL')
      await this.ended
    })
  }

  of(is: string): Line[] {
    return this.lines.filter((line) => line.is === is)
  }

  /** The pids of the workers that came to listen. */
  get listening(): number[] {
    return this.of('log')
      .filter(({ message }) => message === 'a worker listens')
      .map(({ pid }) => pid)
  }

  async until(isTrue: () => boolean): Promise<void> {
    if (isTrue()) return
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!isTrue()) return
        this.#news.delete(look)
        resolve()
      }
      this.#news.add(look)
    })
  }

  async ready(): Promise<string> {
    await this.until(() => this.of('ready').length === 1)
    return `http://127.0.0.1:${this.of('ready')[0]?.port}`
  }
}

const get = async (url: string): Promise<string> => (await fetch(url)).text()

/** How a line of this stands to others: in the order of their coming. */
const sequence = (program: Program, ...kinds: string[]): string[] =>
  program.lines.filter(({ is }) => kinds.includes(is)).map(({ is }) => is)

t.test('workers share a port, and each has a number of its own', async (t) => {
  const program = new Program(t)
  const url = await program.ready()
  const answers = new Set<string>()
  while (answers.size < 3) answers.add(await get(url))
  t.same([...answers].map((answer) => answer.split(' ')[1]).sort(), ['0', '1', '2'])
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} drains worker by worker, and the primary ends with 0`, async (t) => {
    const program = new Program(t)
    await program.ready()
    program.child.kill(signal)
    t.equal(await program.ended, 0)
    t.same(sequence(program, 'draining', 'drained', 'ended'), [
      'draining',
      'drained',
      'draining',
      'drained',
      'draining',
      'drained',
      'ended'
    ])
  })
}

t.test('a worker that does not drain holds up neither the others nor the end', async (t) => {
  const program = new Program(t, { FAULT: 'never drains' })
  await program.ready()
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
  t.equal(program.of('draining').length, 3)
})

t.test('a worker that dies as all are stopped does not take the primary with it', async (t) => {
  const program = new Program(t, { FAULT: 'dies as all stop' })
  t.equal(await program.ended, 0)
  t.equal(program.of('drained').length, 2)
})

t.test('the hub leaves nothing behind', async (t) => {
  const TMPDIR = mkdtempSync(join(tmpdir(), 'phx-test-'))
  t.teardown(() => rmSync(TMPDIR, { recursive: true }))
  const program = new Program(t, { TMPDIR })
  await program.ready()
  t.equal(readdirSync(TMPDIR).length, 1)
  program.child.kill('SIGTERM')
  await program.ended
  t.same(readdirSync(TMPDIR), [])
})

t.test('a worker that was killed is gone for the others at once, and replaced', async (t) => {
  const program = new Program(t)
  const url = await program.ready()
  const [killed] = program.listening as [number]
  process.kill(killed, 'SIGKILL')
  await program.until(() => program.of('gone').filter(({ node }) => node === `${killed}`).length === 2)
  t.equal(program.listening.length, 3, 'sooner than another one is there')
  await program.until(() => program.listening.length === 4)
  t.match(
    program.of('log').filter(({ level }) => level === 'error'),
    [
      {
        code: 'PHX_ERR_CLUSTER_WORKER_ENDED',
        problem: /^worker \d ended with SIGKILL; another one is started in /
      }
    ]
  )
  const answers = new Set<string>()
  while (answers.size < 3) answers.add(await get(url))
  t.notOk([...answers].some((answer) => answer.startsWith(`${killed} `)))
})

t.test('a worker that crashes in a loop is tried again while the others serve', async (t) => {
  const FLAG = join(t.testdir(), 'broken')
  const program = new Program(t, { FAULT: 'start later', FLAG, WORKER_COUNT: '2' })
  const url = await program.ready()
  writeFileSync(FLAG, '')
  const [crashing, other] = program.listening as [number, number]
  process.kill(crashing, 'SIGKILL')
  const errors = (): Line[] => program.of('log').filter(({ level }) => level === 'error')
  await program.until(() => errors().length >= 5)
  t.ok(errors().every(({ code }) => code === 'PHX_ERR_CLUSTER_WORKER_ENDED'))
  t.match(errors()[2], { problem: /ended with status 3 before it listened/ })
  t.match(await get(url), new RegExp(`^${other} `))
  t.equal(program.listening.length, 2)
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
})

t.test('a worker that listens and crashes in a loop waits longer each time', async (t) => {
  const FLAG = join(t.testdir(), 'broken')
  const program = new Program(t, { FAULT: 'crash later', FLAG, WORKER_COUNT: '2' })
  await program.ready()
  writeFileSync(FLAG, '')
  const [crashing, other] = program.listening as [number, number]
  process.kill(crashing, 'SIGKILL')
  const errors = (): Line[] => program.of('log').filter(({ level }) => level === 'error')
  await program.until(() => errors().length >= 4)
  const waits = errors().map(({ problem }) => Number(/is started in (\d+) ms/.exec(`${problem}`)?.[1]))
  const [first = 0, second = 0, third = 0, fourth = 0] = waits
  t.ok(first < second && second < third, `${waits}`)
  t.ok(fourth <= 20, 'up to the longest')
  await program.until(() => program.of('gone').filter(({ pid }) => pid === other).length >= 3)
  t.notOk(
    program.of('gone').some(({ node }) => node === `${other}`),
    'the other one stays, and is told of each crash'
  )
  process.kill(other, 0)
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
})

t.test('SIGHUP replaces worker by worker: each drains when the new one listens', async (t) => {
  const program = new Program(t)
  const url = await program.ready()
  const old = [...program.listening]
  let serving = true
  let failures = 0
  const load = (async (): Promise<void> => {
    while (serving) await get(url).catch(() => failures++)
  })()
  program.child.kill('SIGHUP')
  await program.until(() => program.of('drained').length === 3)
  serving = false
  await load
  t.equal(failures, 0, 'no request failed')
  const steps = program.lines.flatMap(({ is, message }) =>
    message === 'a worker listens' ? ['listens'] : is === 'draining' || is === 'drained' ? [is] : []
  )
  const step = ['listens', 'draining', 'drained']
  t.same(steps, ['listens', 'listens', 'listens', ...step, ...step, ...step])
  t.same(
    program
      .of('drained')
      .map(({ pid }) => pid)
      .sort(),
    old.sort()
  )
  const numbers = program.of('log').flatMap(({ worker }) => (worker === undefined ? [] : [worker]))
  t.same(numbers.slice(3), [3, 0, 1], 'no two have the same number at a time')
})

t.test('SIGHUP while workers start replaces them when they listen, and leaves none over', async (t) => {
  const program = new Program(t)
  await program.until(() => program.listening.length === 1)
  program.child.kill('SIGHUP')
  await program.until(() => program.of('drained').length === 3)
  t.equal(program.listening.length, 6)
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
  t.equal(program.of('drained').length, 6)
})

t.test('a worker that crashes while it is replaced is replaced once', async (t) => {
  const program = new Program(t)
  await program.ready()
  const [crashing] = program.listening as [number]
  program.child.kill('SIGHUP')
  process.kill(crashing, 'SIGKILL')
  await program.until(() => program.of('drained').length === 2)
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
  t.equal(program.listening.length, 6)
  t.equal(program.of('drained').length, 5)
})

t.test('a number of workers that is none starts nothing', async (t) => {
  const TMPDIR = mkdtempSync(join(tmpdir(), 'phx-test-'))
  t.teardown(() => rmSync(TMPDIR, { recursive: true }))
  const program = new Program(t, { TMPDIR, WORKER_COUNT: '0' })
  t.equal(await program.ended, 1)
  t.match(program.of('failed'), [{ code: 'PHX_ERR_OPTION_INVALID' }])
  t.same(readdirSync(TMPDIR), [], 'no hub')
})

t.test('a roll whose new worker does not start leaves those that are there', async (t) => {
  const FLAG = join(t.testdir(), 'broken')
  const program = new Program(t, { FAULT: 'start later', FLAG, WORKER_COUNT: '2' })
  const url = await program.ready()
  writeFileSync(FLAG, '')
  program.child.kill('SIGHUP')
  await program.until(() => program.of('log').some(({ level }) => level === 'error'))
  t.match(program.of('log').at(-1), { message: /the roll has ended/, code: 'PHX_ERR_CLUSTER_WORKER_ENDED' })
  t.same(program.of('draining'), [])
  t.match(await get(url), /^\d+ [01]$/)
})

t.test('a program that does not start ends the start', async (t) => {
  const program = new Program(t, { FAULT: 'start' })
  t.equal(await program.ended, 1)
  t.match(program.of('failed'), [
    { code: 'PHX_ERR_CLUSTER_WORKER_ENDED', problem: 'worker 0 ended with status 3 before it listened' }
  ])
})

t.test('workers end with a primary that was killed', async (t) => {
  const program = new Program(t)
  await program.ready()
  program.child.kill('SIGKILL')
  // Its output closes when the last process that has it ends.
  t.equal(await program.ended, 'SIGKILL')
})
