import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { ClusterAdapter, ClusterSink } from '../../lib/cluster/adapter.js'
import { Subscriptions } from '../../lib/cluster/subscriptions.js'
import { FakeClock } from '../fixtures/fake-clock.js'

/** An engine that confirms when the test says so. */
class SlowEngine implements ClusterAdapter {
  readonly commands: (readonly string[])[] = []
  readonly unsubscribed: string[] = []
  unsubscribeCommands = 0
  readonly #confirm: (() => void)[] = []
  isAway = false

  async start(_sink: ClusterSink): Promise<void> {}
  async close(): Promise<void> {}
  publish(): boolean {
    return true
  }

  subscribe(channels: readonly string[]): Promise<void> {
    this.commands.push(channels)
    if (this.isAway) return Promise.reject(new Error('away'))
    return new Promise((resolve) => this.#confirm.push(resolve))
  }

  unsubscribe(channels: readonly string[]): void {
    this.unsubscribeCommands++
    this.unsubscribed.push(...channels)
  }

  confirm(): void {
    for (const resolve of this.#confirm.splice(0)) resolve()
  }
}

function start() {
  const engine = new SlowEngine()
  const clock = new FakeClock()
  return { engine, clock, subscriptions: new Subscriptions(engine, clock) }
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<void> | undefined): Promise<boolean> {
  let settled = promise === undefined
  void promise?.then(() => {
    settled = true
  })
  await turn()
  return settled
}

t.test('a channel is subscribed once for all who want it, and they wait for the engine', async (t) => {
  const { engine, subscriptions } = start()
  subscriptions.add('t:a')
  subscriptions.add('t:a')
  const first = subscriptions.confirmed('t:a')
  const second = subscriptions.confirmed('t:a')
  await turn()
  t.same(engine.commands, [['t:a']])
  t.notOk(await isSettled(first))
  engine.confirm()
  t.ok((await isSettled(first)) && (await isSettled(second)))
  t.equal(subscriptions.confirmed('t:a'), undefined, 'nobody waits any more')
  t.equal(subscriptions.late, 0)
})

t.test('a process that stood still does not take what it has not read yet for silence', async (t) => {
  const { engine, clock, subscriptions } = start()
  subscriptions.add('t:a')
  const waiting = subscriptions.confirmed('t:a')
  await turn()
  clock.jump(10_000)
  t.notOk(await isSettled(waiting))
  engine.confirm()
  t.ok(await isSettled(waiting))
  t.equal(subscriptions.late, 0)
})

t.test('many channels are few commands', async (t) => {
  const { engine, clock, subscriptions } = start()
  for (let i = 0; i < 10_000; i++) subscriptions.add(`t:${i}`)
  await turn()
  t.equal(engine.commands.length, 20)
  t.equal(engine.commands.flat().length, 10_000)
  engine.confirm()
  for (let i = 0; i < 10_000; i++) subscriptions.delete(`t:${i}`)
  clock.advance(10_000)
  subscriptions.add('t:5')
  await turn()
  t.equal(engine.unsubscribeCommands, 20)
  t.equal(engine.unsubscribed.length, 9_999)
  t.notOk(engine.unsubscribed.includes('t:5'), 'who came back in that turn')
  t.same(engine.commands.at(-1), ['t:5'])
})

t.test('who waits goes on after two seconds, and is counted', async (t) => {
  const { engine, clock, subscriptions } = start()
  subscriptions.add('t:a')
  const waiting = subscriptions.confirmed('t:a')
  await turn()
  clock.advance(1_999)
  t.notOk(await isSettled(waiting))
  clock.advance(1)
  t.ok(await isSettled(waiting))
  t.equal(subscriptions.late, 1)
  engine.confirm()
  t.ok(await isSettled(subscriptions.confirmed('t:a')))
})

t.test(
  'a channel that nobody wants is unsubscribed ten seconds later, and not when somebody came back',
  async (t) => {
    const { engine, clock, subscriptions } = start()
    subscriptions.add('t:a')
    subscriptions.add('t:b')
    await turn()
    engine.confirm()
    await turn()
    subscriptions.delete('t:a')
    subscriptions.delete('t:b')
    clock.advance(9_000)
    subscriptions.add('t:b')
    t.equal(subscriptions.confirmed('t:b'), undefined, 'it still was subscribed')
    clock.advance(60_000)
    await turn()
    t.same(engine.unsubscribed, ['t:a'])
    t.equal(subscriptions.size, 1)
    subscriptions.add('t:a')
    const again = subscriptions.confirmed('t:a')
    await turn()
    t.same(engine.commands.at(-1), ['t:a'])
    engine.confirm()
    t.ok(await isSettled(again))
  }
)

t.test('an engine that comes back is asked for all of them again', async (t) => {
  const { engine, subscriptions } = start()
  engine.isAway = true
  subscriptions.add('t:a')
  const waiting = subscriptions.confirmed('t:a')
  await turn()
  t.notOk(await isSettled(waiting))
  engine.isAway = false
  subscriptions.renew()
  await turn()
  engine.confirm()
  t.ok(await isSettled(waiting))
  t.same(engine.commands, [['t:a'], ['t:a']])
})

t.test('an engine that is silent holds up the first who waits, and not one after the other', async (t) => {
  const { engine, clock, subscriptions } = start()
  subscriptions.add('t:a')
  const first = subscriptions.confirmed('t:a')
  await turn()
  clock.advance(1_000)
  subscriptions.add('t:b')
  const second = subscriptions.confirmed('t:b')
  await turn()
  clock.advance(1_000)
  t.ok(await isSettled(first))
  t.notOk(await isSettled(second), 'it has its own two seconds')
  for (const channel of ['t:a', 't:c', 't:d']) {
    subscriptions.add(channel)
    t.equal(subscriptions.confirmed(channel), undefined)
  }
  t.equal(subscriptions.late, 4)
  await turn()
  engine.confirm()
  t.ok(await isSettled(second))
  subscriptions.add('t:e')
  t.notOk(await isSettled(subscriptions.confirmed('t:e')), 'it answers again')
})

t.test('who joins while all are subscribed anew waits for the engine', async (t) => {
  const { engine, subscriptions } = start()
  subscriptions.add('t:a')
  await turn()
  engine.confirm()
  await turn()
  t.equal(subscriptions.confirmed('t:a'), undefined)
  subscriptions.renew()
  const waiting = subscriptions.confirmed('t:a')
  await turn()
  t.notOk(await isSettled(waiting))
  engine.confirm()
  t.ok(await isSettled(waiting))
  t.equal(subscriptions.confirmed('t:a'), undefined)
})

t.test('nobody waits for what was closed', async (t) => {
  const { engine, clock, subscriptions } = start()
  subscriptions.add('t:a')
  const waiting = subscriptions.confirmed('t:a')
  subscriptions.add('t:b')
  subscriptions.delete('t:b')
  subscriptions.close()
  t.ok(await isSettled(waiting))
  clock.advance(60_000)
  t.same(engine.commands, [])
  t.same(engine.unsubscribed, [])
  t.equal(clock.pending, 0)
})
