import { AsyncLocalStorage } from 'node:async_hooks'
import t from 'tap'
import { defineChannel } from '../../lib/channel/channel.js'
import { diagnostics } from '../../lib/diagnostics/diagnostics.js'
import type { HandleInTrace, HandlerTrace } from '../../lib/diagnostics/events.js'
import { ok, settled, TestSocket } from '../fixtures/test-socket.js'

const ran: string[] = []
const channel = defineChannel({
  join: () => ok,
  handleIn: { ask: () => void ran.push('ask') },
  handleOut: { said: () => void ran.push('said') },
  terminate: () => void ran.push('terminate')
})

t.test(
  'other code of an application is told of, with the join of its channel and what a broadcast came of',
  async (t) => {
    const told: HandlerTrace[] = []
    const joins: unknown[] = []
    const broadcasts: unknown[] = []
    const listeners = [
      [diagnostics.handler.end, (message: unknown) => told.push(message as HandlerTrace)],
      [diagnostics.join.start, (message: unknown) => joins.push(message)],
      [diagnostics.broadcast.start, (message: unknown) => broadcasts.push(message)]
    ] as const
    for (const [channel, listener] of listeners) channel.subscribe(listener)
    t.teardown(() => listeners.map(([channel, listener]) => channel.unsubscribe(listener)))

    const socket = new TestSocket({ channels: { 'room:*': channel } })
    socket.join('room:1')
    socket.endpoint.broadcast('room:1', 'said', {})
    await settled()
    socket.receive('1', '2', 'room:1', 'phx_leave', {})
    await settled()
    t.match(told, [
      { handler: 'handleOut', name: 'said', pattern: 'room:*', topic: 'room:1', result: 'ok' },
      { handler: 'terminate', name: undefined, pattern: 'room:*' }
    ])
    t.ok(told.every(({ join }) => join === joins[0]))
    t.same(
      told.map(({ origin }) => origin),
      [broadcasts[0], undefined]
    )
  }
)

t.test('a listener of the start has the code run within a function of its own', async (t) => {
  ran.length = 0
  const within = (name: string) => (message: unknown) => {
    const trace = message as HandleInTrace
    const outer = trace.within
    trace.within = (code) => {
      ran.push(name)
      return outer === undefined ? code() : outer(code)
    }
  }
  const listeners = [within('inner'), within('outer')]
  for (const listener of listeners) diagnostics.handleIn.start.subscribe(listener)
  t.teardown(() => listeners.map((listener) => diagnostics.handleIn.start.unsubscribe(listener)))
  const socket = new TestSocket({ channels: { 'room:*': channel } })
  socket.join('room:1')
  socket.receive('1', '2', 'room:1', 'ask', {})
  t.same(ran, ['outer', 'inner', 'ask'])
})

t.test('what is deferred runs in the async context of whoever deferred it', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const look = (): undefined => void seen.push(storage.getStore())
  const later = defineChannel({
    join: () => ok,
    handleIn: {
      slow: (_payload, channel) =>
        storage.run('slow', async () => {
          channel.defer(look)
          channel.setTimeout(look, 0)
          await settled()
        }),
      other: (_payload, channel) => storage.run('other', () => channel.defer(look))
    }
  })
  const socket = new TestSocket({ channels: { 'room:*': later } })
  socket.join('room:1')
  socket.receive('1', '2', 'room:1', 'slow', {})
  socket.receive('1', '3', 'room:1', 'other', {})
  socket.clock.advance(1)
  await settled()
  await settled()
  t.same(seen.sort(), ['other', 'slow', 'slow'])
})
