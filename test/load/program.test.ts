import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { program as server, startServer } from '../fixtures/server-process.js'

const program = join(dirname(server), 'cli.js')

interface Ended {
  status: unknown[]
  stdout: string
  stderr: string
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([status, stdout, stderr]) => ({ status, stdout, stderr })
  )
  return { child, ended }
}

t.test('load prints a summary, writes it as JSON, and ends with 0', async (t) => {
  const { url } = await startServer(t, server)
  const json = join(t.testdir(), 'report.json')
  const load = ['load', '--url', `${url}/socket`, '--dev-login', '--clients', '20', '--rate', '20']
  const paced = ['--ramp-up', '0.2', '--duration', '0.5']
  const { status, stdout, stderr } = await start(...load, ...paced, '--json', json).ended
  t.same(status, [0, null])
  t.match(stdout, /^demo\.echo over websocket at ws:.*\n +clients +20 of 20 connected, 0 lost\n/)
  t.equal(stderr, '', 'no progress without a terminal, and no warning')
  const report = JSON.parse(readFileSync(json, 'utf8'))
  t.match(report, { operations: { name: 'calls', sent: 10, done: 10, unanswered: 0 }, rate: { asked: 20 } })
})

t.test('a threshold that is crossed is named, and ends a load with 1', async (t) => {
  const { url } = await startServer(t, server)
  const dir = t.testdir()
  const files = ['--json', join(dir, 'report.json'), '--svg', join(dir, 'report.svg')]
  const asked = ['--fail-if', 'rate<1', '--fail-if', 'sent >= 5']
  const load = [
    'load',
    '--url',
    `${url}/socket`,
    '--dev-login',
    '--scenario',
    'broadcast',
    '--duration',
    '0.5'
  ]
  const { status, stdout } = await start(...load, ...asked, ...files).ended
  t.same(status, [1, null])
  t.match(stdout, /^ {2}fail if +rate<1: no, [\d.]+\n {2}fail if +sent>=5: YES, 5\n$/m)
  const { thresholds, failed } = JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8'))
  t.ok(failed)
  t.match(thresholds, [
    { failIf: 'rate<1', failed: false, given: true },
    { failIf: 'sent>=5', value: 5, failed: true, given: true }
  ])
  t.match(readFileSync(join(dir, 'report.svg'), 'utf8'), /^<svg .*<\/svg>\n$/s)
})

t.test(
  'load --recover ends with 0 where nothing is lost, and with 1 where what is gone is a threshold',
  async (t) => {
    for (const [history, expected] of [
      ['100', 0],
      ['1', 1]
    ] as const) {
      const { url } = await startServer(t, server, { env: { HISTORY: history } })
      const load = ['load', '--recover', '--url', `${url}/socket`, '--dev-login', '--rate', '40']
      const restless = ['--duration', '2', '--stay', '0.5', '--away', '0.5', '--fail-if', 'forgone>0']
      const { status, stdout } = await start(...load, ...restless).ended
      t.same(status, [expected, null], stdout)
      t.match(stdout, /^recovery in rooms of 10 at ws:.*\n/)
      t.match(stdout, /\n {2}heard .*, 0 missing, 0 doubled, 0 out of order\n/)
    }
  }
)

t.test('SIGINT ends a load with the summary so far', async (t) => {
  const { url, stderr, child: logging } = await startServer(t, server)
  const load = ['load', '--url', `${url}/socket`, '--dev-login', '--clients', '1', '--rate', '5']
  const { child, ended } = start(...load, '--duration', '1000')
  // Who connects has started.
  while (!stderr().includes('/socket/websocket')) await once(logging.stderr as NodeJS.ReadableStream, 'data')
  child.kill('SIGINT')
  const { stdout, status } = await ended
  t.match(stdout, /, interrupted\n/)
  t.equal(status[1], null, 'it ends by itself')
})

t.test('a load that cannot be put on ends with 2 and one line', async (t) => {
  const unknown = await start('load', '--url', 'ws://127.0.0.1:1/socket', '--speed', '1').ended
  t.same(unknown.status, [2, null])
  t.match(unknown.stderr, /^fastify-phoenix load: --speed is no option.*\n$/)
  const refused = await start('load', '--url', 'ws://127.0.0.1:1/socket').ended
  t.same(refused.status, [2, null])
  t.match(refused.stderr, /^fastify-phoenix load: no client could connect to ws:.*\n$/)
  t.equal(refused.stdout, '')
  const unwritable = await start('load', '--url', 'ws://127.0.0.1:1/socket', '--json', '/nowhere/report.json')
    .ended
  t.same(unwritable.status, [2, null])
  t.match(unwritable.stderr, /^fastify-phoenix load: --json cannot be written: ENOENT.*\n$/)
})

t.test('what kept a load from being put on is in its JSON, in place of an earlier report', async (t) => {
  const json = join(t.testdir({ 'report.json': '{"clients":"of yesterday"}' }), 'report.json')
  await start('load', '--url', 'ws://127.0.0.1:1/socket', '--json', json).ended
  const report = JSON.parse(readFileSync(json, 'utf8'))
  t.match(report.error, /no client could connect/)
  t.notOk('clients' in report)
})

t.test('load --help explains its options and exit status', async (t) => {
  const { status, stdout } = await start('load', '--help').ended
  t.same(status, [0, null])
  t.match(stdout, /--ramp-up <seconds>/)
  t.match(stdout, /Exit status/)
})

t.test('without a command it is the reference server', async (t) => {
  const { url, child, ended } = await startServer(t, program)
  t.equal((await fetch(`${url}/healthz`)).status, 200)
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})
