import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocketServer } from 'ws'
import { readLoadOptions } from '../../lib/load/command-line.js'
import { renderReport } from '../../lib/load/report-text.js'
import { runLoad } from '../../lib/load/run.js'
import { FakeClock } from '../fixtures/fake-clock.js'

type Message = [joinRef: string, ref: string, topic: string, event: string, payload: unknown]

const forever = new AbortController().signal

function config(port: number, ...argv: string[]) {
  const load = ['--clients', '2', '--rate', '100', '--duration', '0.1']
  const command = readLoadOptions(['--url', `ws://127.0.0.1:${port}/socket`, ...load, ...argv])
  if (command.run !== 'load') throw new Error('no load')
  return command.config
}

/** A server that answers a message with whatever `answer` makes of it, and hears no close. */
async function startAnswering(t: Test, answer: (message: Message) => string | undefined): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  server.on('connection', (socket) =>
    socket.on('message', (data) => {
      const text = answer(JSON.parse(String(data)))
      if (text !== undefined) socket.send(text)
    })
  )
  t.teardown(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A server that accepts connections and says nothing; `connected` resolves at the first. */
async function startSilent(t: Test): Promise<{ port: number; connected: Promise<unknown> }> {
  const server = createServer((socket) => t.teardown(() => socket.destroy())).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, connected: once(server, 'connection') }
}

const reply = ([joinRef, ref, topic]: Message, payload: unknown): string =>
  JSON.stringify([joinRef, ref, topic, 'phx_reply', payload])

for (const text of ['hello', 'null', '{}', '[]', '5', '["1","1","a","phx_reply"]', '["1","2","a","x",7]']) {
  t.test(`a server that says ${text} is told from Phoenix`, async (t) => {
    const port = await startAnswering(t, () => text)
    await t.rejects(runLoad(config(port), { signal: forever }), {
      code: 'PHX_ERR_LOAD_NOT_CONNECTED',
      message: /malformed_message/
    })
  })
}

for (const payload of [
  null,
  {},
  { status: 'ok' },
  { status: 5, response: {} },
  { status: 'ok', response: 1 }
]) {
  t.test(`calls that are answered with ${JSON.stringify(payload)} have failed`, async (t) => {
    const port = await startAnswering(t, (message) =>
      reply(message, message[3] === 'phx_join' ? { status: 'ok', response: {} } : payload)
    )
    const report = await runLoad(config(port), { signal: forever })
    t.equal(report.clients.lost, 2)
    t.ok(report.errors.malformed_message)
    t.equal(report.operations.done, 0)
  })
}

t.test('a server that does not answer a connect is given up in time', async (t) => {
  for (const more of [[], ['--dev-login']]) {
    const { port, connected } = await startSilent(t)
    const clock = new FakeClock()
    const load = runLoad(config(port, ...more), { signal: forever, clock })
    await connected
    clock.advance(30_000)
    await t.rejects(load, { code: 'PHX_ERR_LOAD_NOT_CONNECTED', message: /connect_timeout/ })
  }
})

t.test('a load that is interrupted waits for no connect, no join and no token', async (t) => {
  const interrupt = new AbortController()
  const silent = await startSilent(t)
  const joining = await startAnswering(t, () => {
    interrupt.abort()
    return undefined
  })
  for (const [port, connected, more] of [
    [silent.port, silent.connected, []],
    [silent.port, silent.connected, ['--dev-login']],
    [joining, undefined, []]
  ] as const) {
    const own = new AbortController()
    const { signal } = connected === undefined ? interrupt : own
    const load = runLoad(config(port, ...more), { signal })
    await connected
    own.abort()
    const report = await load
    t.ok(report.interrupted)
    t.same(report.connectErrors, { interrupted: 2 })
  }
})

t.test('the rate that was reached is that of the answers', async (t) => {
  const clock = new FakeClock()
  const waiting: (() => void)[] = []
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  server.on('connection', (socket) =>
    socket.on('message', (data) => {
      const message: Message = JSON.parse(String(data))
      const answer = () => socket.send(reply(message, { status: 'ok', response: { data: 1 } }))
      if (message[3] === 'phx_join') answer()
      else waiting.push(answer)
    })
  )
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let isLate = false
  const load = runLoad(config(port, '--rate', '10', '--duration', '1'), {
    signal: forever,
    clock,
    onProgress({ phase, tally }) {
      // Half of the time that the sending took, for the answers.
      if (phase !== 'waiting' || isLate) return
      isLate = true
      t.equal(tally.sent, 10)
      clock.advance(1000)
      for (const answer of waiting) answer()
    }
  })
  const advance = (): void => {
    if (isLate) return
    clock.advance(10)
    setImmediate(advance)
  }
  setImmediate(advance)
  const report = await load
  t.equal(Math.round(report.rate.reached), 5)
  t.match(renderReport(report), /rate +5\.0 of 10 a second, for 1\.0 s/)
})

t.test('the summary says how many calls its latency leaves out', async (t) => {
  let answered = 0
  const interrupt = new AbortController()
  const port = await startAnswering(t, (message) => {
    if (message[3] === 'phx_join') return reply(message, { status: 'ok', response: {} })
    if (++answered > 3) return undefined
    return reply(message, { status: 'ok', response: { data: 1 } })
  })
  const report = await runLoad(config(port, '--clients', '1'), {
    signal: interrupt.signal,
    onProgress: ({ phase, tally }) => {
      if (phase === 'waiting' && tally.done === 3) interrupt.abort()
    }
  })
  t.match(report.operations, { sent: 10, done: 3, unanswered: 7 })
  t.match(renderReport(report), /max [0-9.]+ ms, of the 3 answered$/m)
})
