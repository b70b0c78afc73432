import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { isPublishable, type Options, readOptions } from '../../bench/lib/options.js'
import { questions } from '../../bench/questions/index.js'

async function run(...args: string[]) {
  const runner = fileURLToPath(new URL('../../bench/run.js', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, runner, ...args])
  const exited = once(child, 'exit')
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { exited: await exited, stdout, stderr }
}

t.test('the runner names a question that there is not, and measures nothing', async (t) => {
  const { exited, stdout, stderr } = await run('--only', 'nothing')
  t.strictSame(exited, [2, null])
  t.equal(stdout, '')
  t.match(stderr, /^--only nothing: there are hook-websocket, .*, long-run\n$/)
})

t.test('a file that cannot be written is found before anything is measured', async (t) => {
  const { exited, stdout, stderr } = await run('--json', `${t.testdir({})}/none/figures.json`)
  t.strictSame(exited, [2, null])
  t.equal(stdout, '')
  t.match(stderr, /^ENOENT: .*figures\.json'\n$/)
})

const target = ['--target', 'ws://127.0.0.1:4000/bench', '--target-pid', '123']

t.test('figures of a run that is shorter than usual in any way are not published', async (t) => {
  const published = (...argv: string[]): boolean => isPublishable(readOptions(argv) as Options)
  t.ok(published())
  t.ok(published('--only', 'state'))
  t.ok(published('--launches', '5', '--rounds', '10', '--seconds', '2', '--warmup', '3', '--minutes', '20'))
  for (const [option, less] of Object.entries({
    launches: 2,
    rounds: 3,
    seconds: 0.9,
    warmup: 1,
    minutes: 3
  })) {
    t.notOk(published(`--${option}`, String(less)), option)
  }
  t.notOk(published('--quick', '--launches', '3', '--rounds', '4', '--seconds', '1', '--minutes', '10'))
  t.notOk(published('--against-itself'))
  t.notOk(published('--cpu-prof', 'profiles'))
  t.notOk(published('--own-sessions'))
  t.notOk(published('--target', 'ws://127.0.0.1:4000/bench'))
  t.ok(published(...target, '--target-name', 'Phoenix', '--target-version', 'Phoenix 1.8.1'))
  t.notOk(published(...target, '--target-name', 'Phoenix', '--target-version', 'Phoenix 1.8.1', '--quick'))
})

t.test('a target is kept under a name of its own, with what it is and its CPU time', async (t) => {
  const named = (name: string, ...argv: string[]) => readOptions([...argv, '--target-name', name])
  const whole = [...target, '--target-version', 'Phoenix 1.8.1 on Bandit 1.8.0']
  t.match(named('Phoenix', ...whole), {
    targetName: 'Phoenix',
    targetVersion: 'Phoenix 1.8.1 on Bandit 1.8.0'
  })
  for (const name of ['ours', 'socket.io', '../results', ''])
    t.throws(() => named(name, ...whole), /--target-name/)
  for (const argv of [[], target, target.slice(0, 2)]) {
    t.throws(() => named('Phoenix', ...argv), { message: /^--target-name takes --target, --target-pid and/ })
  }
})

t.test('a quick run is shorter in every way', async (t) => {
  const full = readOptions([])
  const quick = readOptions(['--quick'])
  for (const figure of ['launches', 'rounds', 'warmupMs', 'roundMs'] as const) {
    t.ok(Number(quick?.plan[figure]) < Number(full?.plan[figure]), figure)
  }
  t.ok(Number(quick?.minutes) < Number(full?.minutes))
  t.ok(
    questions.every(({ cases }) => cases.some(({ quick }) => quick)),
    'every question is asked'
  )
})

t.test('single figures of the plan can be chosen', async (t) => {
  const options = readOptions(['--quick', '--rounds', '7', '--seconds', '0.5', '--only', 'hook-websocket'])
  t.match(options, { quick: true, only: ['hook-websocket'], plan: { rounds: 7, roundMs: 500 } })
})

t.test('a number that is none is named', async (t) => {
  t.throws(() => readOptions(['--rounds', 'x']), { message: '--rounds must be a positive number' })
  t.throws(() => readOptions(['--seconds', '0']), { message: '--seconds must be a positive number' })
})

t.test('an unknown option is named', async (t) => {
  t.throws(() => readOptions(['--slow']), { message: /--slow/ })
})

t.test('the server to measure beside ours is given by a URL, and by its process', async (t) => {
  const options = readOptions(['--target', 'ws://127.0.0.1:4000/bench/', '--target-pid', '123'])
  t.match(options, { target: 'ws://127.0.0.1:4000/bench', targetPid: 123 })
  t.throws(() => readOptions(['--target', 'phoenix']), { message: '--target must be a ws or wss URL' })
})
