import t from 'tap'
import { devToken } from '../fixtures/dev-token.js'
import { scrape } from '../fixtures/metrics.js'
import { join, openPhoenix } from '../fixtures/phoenix-client.js'
import { program, type RunningServer, startServer } from '../fixtures/server-process.js'
import { until } from '../fixtures/until.js'

/** The process ids of the workers by their numbers, as the primary has logged them. */
function workersOf(server: RunningServer): Map<number, number> {
  const lines = server.stderr().matchAll(/"worker":(\d+),"pid":(\d+),"msg":"a worker listens"/g)
  const pids = server.stderr().matchAll(/"pid":(\d+),"worker":(\d+),"msg":"a worker listens"/g)
  return new Map([
    ...[...lines].map(([, number, pid]): [number, number] => [Number(number), Number(pid)]),
    ...[...pids].map(([, pid, number]): [number, number] => [Number(number), Number(pid)])
  ])
}

async function joinAs(
  t: { teardown(done: () => unknown): void },
  url: string,
  userId: string
): Promise<void> {
  const token = await devToken(url, userId)
  const socket = openPhoenix(`${url}/socket`, { params: { token } })
  t.teardown(() => socket.disconnect())
  await join(socket.channel('room:1'))
}

t.test('one scrape shows all workers, whichever of them is asked', async (t) => {
  const server = await startServer(t, program, { args: ['--workers', '2'] })
  for (const userId of ['alice', 'bob', 'carol', 'dave']) await joinAs(t, server.url, userId)
  for (let asked = 0; asked < 4; asked++) {
    const seen = await scrape(server.url)
    const sockets = ['0', '1'].map((worker) =>
      seen.get(`phoenix_sockets{transport="websocket",worker="${worker}"}`)
    )
    t.equal(Number(sockets[0]) + Number(sockets[1]), 4)
    t.equal(seen.get('phoenix_worker_up{worker="0"}'), 1)
    t.equal(seen.get('phoenix_worker_up{worker="1"}'), 1)
  }
})

t.test('a worker that stands still is named, and does not hide the others', async (t) => {
  const server = await startServer(t, program, { args: ['--workers', '2'] })
  const pid = workersOf(server).get(1)
  if (pid === undefined) throw new Error(`no worker 1 in ${server.stderr()}`)
  // Connections go to one worker after the other; those to the one that stands still are given up.
  const ask = async () => {
    const answered = scrape(server.url)
    answered.catch(() => {})
    return Promise.race([
      answered,
      new Promise<undefined>((resolve) => setTimeout(resolve, 3_000, undefined))
    ])
  }
  process.kill(pid, 'SIGSTOP')
  t.teardown(() => process.kill(pid, 'SIGCONT'))
  let seen = await ask()
  await until(async () => {
    seen ??= await ask()
    return seen !== undefined
  })
  t.equal(seen?.get('phoenix_worker_up{worker="0"}'), 1)
  t.equal(seen?.get('phoenix_worker_up{worker="1"}'), 0)
  t.ok(seen?.has('phoenix_ready{worker="0"}'))
  t.notOk(seen?.has('phoenix_ready{worker="1"}'))
})
