import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import t, { type Test } from 'tap'
import type { Trace } from '../../lib/diagnostics/events.js'
import { OpenTrace, trace } from '../../lib/diagnostics/trace.js'

const phases = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const

function listened(t: Test) {
  const channels = tracingChannel<unknown, Trace>(`test:${t.name}`)
  const told: string[] = []
  const say = (phase: string) => (message: unknown) => {
    const { result, error, isAsync } = message as Trace
    told.push([phase, result, error && String(error), isAsync].filter((each) => each !== undefined).join(' '))
  }
  channels.subscribe(Object.fromEntries(phases.map((phase) => [phase, say(phase)])) as never)
  return { channels, told }
}

const words = (value: unknown): string => `got ${value}`

t.test('what is at once over stays so', async (t) => {
  const { channels, told } = listened(t)
  t.equal(
    trace(channels, {}, () => 1, words, 'failed'),
    1
  )
  t.same(told, ['start', 'end got 1 false'])
})

t.test('a promise ends the trace when it is settled', async (t) => {
  const { channels, told } = listened(t)
  const value = trace(channels, {}, async () => 1, words, 'failed')
  t.ok(value instanceof Promise)
  t.same(told, ['start', 'end true'])
  t.equal(await value, 1)
  t.same(told.slice(2), ['asyncStart got 1 true', 'asyncEnd got 1 true'])
})

t.test('whatever can be awaited becomes a promise', async (t) => {
  const { channels, told } = listened(t)
  // biome-ignore lint/suspicious/noThenProperty: as those of other libraries are
  const thenable = { then: (resolve: (value: number) => void) => resolve(2) }
  const value = trace<Trace, number>(channels, {}, () => thenable as PromiseLike<number>, words, 'failed')
  t.ok(value instanceof Promise)
  t.equal(await value, 2)
  t.equal(told.at(-1), 'asyncEnd got 2 true')
})

t.test('what is thrown is told, and thrown on', async (t) => {
  const { channels, told } = listened(t)
  const fail = (): never => {
    throw new Error('no')
  }
  t.throws(() => trace(channels, {}, fail, words, 'crashed'), { message: 'no' })
  t.same(told, ['start', 'error crashed Error: no', 'end crashed Error: no false'])
})

t.test('a rejection is told ahead of the end', async (t) => {
  const { channels, told } = listened(t)
  const fail = async (): Promise<never> => {
    throw new Error('no')
  }
  await t.rejects(trace(channels, {}, fail, words, 'crashed') as Promise<never>, { message: 'no' })
  t.same(told, [
    'start',
    'end true',
    'error crashed Error: no true',
    'asyncStart crashed Error: no true',
    'asyncEnd crashed Error: no true'
  ])
})

t.test('an error that was handled is told with what came of it', async (t) => {
  const { channels, told } = listened(t)
  const message: Trace = {}
  trace(
    channels,
    message,
    () => {
      message.error = new Error('no')
    },
    () => 'internal_error',
    'crashed'
  )
  t.same(told, ['start', 'error internal_error Error: no', 'end internal_error Error: no false'])
})

t.test('what is bound to start is there while the code runs, and behind what it waits for', async (t) => {
  const { channels } = listened(t)
  const storage = new AsyncLocalStorage<string>()
  channels.start.bindStore(storage as AsyncLocalStorage<unknown>, () => 'bound')
  const seen: unknown[] = []
  await trace(
    channels,
    {},
    async () => {
      seen.push(storage.getStore())
      await new Promise(setImmediate)
      seen.push(storage.getStore())
    },
    words,
    'failed'
  )
  t.same(seen, ['bound', 'bound'])
  t.equal(storage.getStore(), undefined)
})

t.test('a trace that is told to be over later is so once', async (t) => {
  const { channels, told } = listened(t)
  const open = new OpenTrace(channels, {}, 'crashed')
  open.run(() => {})
  open.over('ok')
  open.over('error')
  open.failed(new Error('late'))
  t.same(told, ['start', 'end true', 'asyncStart ok true', 'asyncEnd ok true'])
})
