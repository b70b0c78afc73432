import t from 'tap'
import type { ClaimName, ClaimStore } from '../../../lib/cluster/adapter.js'
import { ClaimTable } from '../../../lib/cluster/claim-table.js'
import { ClusterKeys } from '../../../lib/cluster/cluster-keys.js'
import { Members } from '../../../lib/cluster/members.js'
import { notDone } from '../../../lib/cluster/not-done.js'
import { defaultOnceOptions, type OnceOptions } from '../../../lib/once/options.js'
import type { KeptResult } from '../../../lib/once/result.js'
import { type Clock, systemClock } from '../../../lib/time/clock.js'
import { silentLogger } from '../../../lib/util/logger.js'
import { FakeClock } from '../../fixtures/fake-clock.js'
import { until } from '../../fixtures/until.js'

const asked = { user: 'alice', key: 'k', digest: 'd' }
const result: KeptResult = { ok: true, json: '{"é":1}', raw: Buffer.from([1, 0, 255]) }
// Nothing here keeps a process, as the port of a server does.
const alive = setInterval(() => {}, 1_000)
t.teardown(() => clearInterval(alive))

const hello = Buffer.from('{"asks":false,"facts":{}}')

/** An engine in this process, and nodes that share it; each is told by the test who is there. */
function world(options: Partial<OnceOptions> = {}, keysClock: Clock = systemClock) {
  const table = new ClaimTable()
  const world = {
    isAway: false,
    takesNoResults: false,
    ttls: [] as number[],
    lost: 0,
    calls: 0,
    onLost: () => {}
  }
  const node = (name: string) => {
    const clock = new FakeClock()
    const members = new Members({ clock, send: () => {} })
    const guarded =
      <Args extends unknown[], Value>(ask: (...args: Args) => Value) =>
      async (...args: Args): Promise<Value> => {
        world.calls++
        if (world.isAway) throw notDone(new Error('the engine is away'), 'not_sent')
        const value = ask(...args)
        // What was done, and nobody heard.
        if (world.lost-- <= 0) return value
        world.onLost()
        throw new Error('the answer is lost')
      }
    const claims: ClaimStore = {
      claim: guarded((...args: Parameters<ClaimTable['claim']>) => {
        world.ttls.push(args[2])
        return table.claim(...args)
      }),
      settle: guarded((...args: Parameters<ClaimTable['settle']>) => {
        if (world.takesNoResults && args[4] !== undefined) throw new Error('too large')
        world.ttls.push(args[3])
        table.settle(...args)
      }),
      release: guarded(table.release.bind(table))
    }
    const keys = new ClusterKeys({
      node: name,
      claims,
      members,
      clock: keysClock,
      log: silentLogger,
      options: () => ({ ...defaultOnceOptions, ...options })
    })
    const beat = (count: number): void => {
      for (let i = 0; i < count; i++) {
        clock.advance(1_000)
        members.echo()
      }
    }
    return { keys, members, beat }
  }
  return { table, world, node }
}

async function own(keys: ClusterKeys, limitMs = 5_000): Promise<(result: KeptResult) => void> {
  const claimed = await keys.claim(asked, limitMs)
  if (claimed.state !== 'own') throw new Error(claimed.state)
  return claimed.end
}

t.test('the result of a call is read on other nodes, and waited for while it runs', async (t) => {
  const { node } = world()
  const [a, b] = [node('a'), node('b')]
  b.members.heard('a', hello)
  const end = await own(a.keys)
  const waiting = b.keys.claim(asked, 5_000)
  t.same(await b.keys.claim({ ...asked, digest: 'other' }, 5_000), { state: 'reused' })
  end(result)
  t.same(await waiting, { state: 'ended', result })
  t.same(await b.keys.claim(asked, 5_000), { state: 'ended', result })
  t.same(await b.keys.claim({ ...asked, digest: 'other' }, 5_000), { state: 'reused' })
  t.match(await b.keys.claim({ ...asked, key: 'j' }, 5_000), { state: 'own' })
  t.match(await b.keys.claim({ ...asked, user: 'bob' }, 5_000), { state: 'own' })
})

t.test('a failure is a result, and one that is too large to be told is expired elsewhere', async (t) => {
  const { node } = world()
  const [a, b] = [node('a'), node('b')]
  const end = await own(a.keys)
  end({ ok: false, reason: 'sold_out' })
  await a.keys.told()
  t.same(await b.keys.claim(asked, 5_000), { state: 'ended', result: { ok: false, reason: 'sold_out' } })
  const large = { ...asked, key: 'large' }
  const claimed = await a.keys.claim(large, 5_000)
  if (claimed.state === 'own') claimed.end({ ok: true, json: `"${'x'.repeat(600_000)}"` })
  await a.keys.told()
  t.same(await b.keys.claim(large, 5_000), { state: 'expired' })
})

t.test(
  'a node that said goodbye, ended or fell silent in the middle leaves the outcome unknown',
  async (t) => {
    for (const how of ['bye', 'gone', 'silent'] as const) {
      const { node } = world()
      const [a, b] = [node('a'), node('b')]
      b.members.heard('a', hello)
      await own(a.keys)
      const waiting = b.keys.claim(asked, 60_000)
      if (how === 'silent') b.beat(5)
      else b.members.ended('a', how)
      t.same(await waiting, { state: 'unknown' }, how)
    }
  }
)

t.test('what a node told just before its end is not missed', async (t) => {
  const { node } = world()
  const [a, b] = [node('a'), node('b')]
  b.members.heard('a', hello)
  const end = await own(a.keys)
  const waiting = b.keys.claim(asked, 60_000)
  end(result)
  b.members.ended('a', 'bye')
  t.same(await waiting, { state: 'ended', result })
})

t.test('a node that is new, and has heard of no other yet, does not take it for dead', async (t) => {
  const { node, world: state } = world()
  const [a, b] = [node('a'), node('b')]
  const end = await own(a.keys)
  const waiting = b.keys.claim(asked, 60_000)
  b.beat(3)
  const before = state.calls
  await until(() => state.calls > before + 3)
  end(result)
  t.same(await waiting, { state: 'ended', result })
  const lost = await own(node('c').keys, 5_000).catch(() => undefined)
  t.equal(lost, undefined)
})

t.test('one that was never heard is dead after a while', async (t) => {
  const { node, world: state } = world()
  const [a, b] = [node('a'), node('b')]
  await own(a.keys)
  const waiting = b.keys.claim(asked, 60_000)
  await until(() => state.calls > 2)
  b.beat(6)
  t.same(await waiting, { state: 'unknown' })
})

t.test('a claim whose answer is lost is still its own', async (t) => {
  const { node, world: state } = world()
  const a = node('a')
  state.lost = 1
  t.match(await a.keys.claim(asked, 5_000), { state: 'own' })
})

t.test('a claim is held until the engine is back', async (t) => {
  const { node, world: state } = world()
  const a = node('a')
  state.isAway = true
  const waiting = a.keys.claim(asked, 5_000)
  await until(() => state.calls > 2)
  state.isAway = false
  t.match(await waiting, { state: 'own' })
})

t.test('an engine that stays away has nothing run, and what it was asked for is taken back', async (t) => {
  const { node, world: state, table } = world()
  const [a, b] = [node('a'), node('b')]
  state.lost = 1
  state.onLost = () => {
    state.isAway = true
  }
  const waiting = a.keys.claim(asked, 300)
  t.same(await waiting, { state: 'unavailable' })
  t.equal(table.size, 1, 'it was done, and nobody heard')
  const again = a.keys.claim(asked, 5_000)
  state.isAway = false
  t.match(await again, { state: 'own' }, 'the same node asks again')
  b.members.heard('a', hello)
  let isSettled = false
  const other = b.keys.claim(asked, 5_000).then((claimed) => {
    isSettled = true
    return claimed
  })
  const before = state.calls
  await until(() => state.calls > before + 3)
  t.notOk(isSettled, 'its claim was not taken back with the one before')
  const claimed = await again
  if (claimed.state === 'own') claimed.end(result)
  t.same(await other, { state: 'ended', result })
})

t.test('what ended while the engine was away is told when it is back', async (t) => {
  const { node, world: state } = world()
  const [a, b] = [node('a'), node('b')]
  const end = await own(a.keys)
  state.isAway = true
  end(result)
  await until(() => state.calls > 3)
  state.isAway = false
  await a.keys.told()
  t.same(await b.keys.claim(asked, 5_000), { state: 'ended', result })
})

t.test('an engine that does not take a result is told of the end alone', async (t) => {
  const { node, world: state } = world()
  const [a, b] = [node('a'), node('b')]
  state.takesNoResults = true
  const end = await own(a.keys)
  end(result)
  await a.keys.told()
  t.same(await b.keys.claim(asked, 5_000), { state: 'expired' })
})

t.test('the engine keeps no more results for a user than a node does, nor for all', async (t) => {
  const { node } = world({ resultBytesPerUser: 1_000, resultBytes: 1_500, resultsPerUser: 2 })
  const [a, b] = [node('a'), node('b')]
  const states: string[] = []
  for (const [user, key, size] of [
    ['alice', '1', 600],
    ['alice', '2', 600],
    ['bob', '1', 600],
    ['carol', '1', 600],
    ['carol', '2', 1],
    ['carol', '3', 1],
    ['carol', '4', 1]
  ] as const) {
    const claimed = await a.keys.claim({ ...asked, user, key }, 5_000)
    if (claimed.state === 'own') claimed.end({ ok: true, json: `"${'x'.repeat(size)}"` })
    await a.keys.told()
    states.push((await b.keys.claim({ ...asked, user, key }, 5_000)).state)
  }
  t.same(states, ['ended', 'expired', 'ended', 'expired', 'ended', 'ended', 'expired'])
})

t.test('a claim stays for as long as its call runs, and others come to know its end', async (t) => {
  const clock = new FakeClock()
  const { node, world: state } = world({ rememberMs: 100, keepMs: 100 }, clock)
  const { keys } = node('a')
  const claimed = await keys.claim(asked, 20_000)
  t.same(state.ttls, [25_000])
  clock.advance(13_000)
  t.same(state.ttls, [25_000, 25_000])
  clock.advance(13_000)
  t.equal(state.ttls.length, 3)
  if (claimed.state === 'own') claimed.end(result)
  await keys.told()
  clock.advance(60_000)
  t.same(state.ttls.slice(3), [100])
})

t.test('a dead node that left several calls is found out once', async (t) => {
  const { node, world: state } = world()
  const [a, b] = [node('a'), node('b')]
  await own(a.keys)
  await a.keys.claim({ ...asked, key: 'j' }, 5_000)
  const waiting = b.keys.claim(asked, 60_000)
  await until(() => state.calls > 3)
  b.beat(6)
  t.same(await waiting, { state: 'unknown' })
  t.same(await b.keys.claim({ ...asked, key: 'j' }, 60_000), { state: 'unknown' })
})

t.test('of claims that were never sent, nothing is left to be done', async (t) => {
  const { node, world: state } = world()
  const a = node('a')
  state.isAway = true
  const asks = Array.from({ length: 20 }, (_, i) => a.keys.claim({ ...asked, key: `${i}` }, 50))
  for (const claimed of await Promise.all(asks)) t.same(claimed, { state: 'unavailable' })
  const { calls } = state
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.equal(state.calls, calls)
})

t.test(
  'claims that were given up are taken away one by one, and not those that came in their place',
  async (t) => {
    const { node, world: state, table } = world()
    const [a, b] = [node('a'), node('b')]
    state.lost = 20
    const asks = Array.from({ length: 20 }, (_, i) => a.keys.claim({ ...asked, key: `${i}` }, 1))
    state.onLost = () => {
      state.isAway = state.lost <= 0
    }
    for (const claimed of await Promise.all(asks)) t.same(claimed, { state: 'unavailable' })
    t.equal(table.size, 20)
    state.isAway = false
    await until(() => table.size === 0)
    t.match(await b.keys.claim({ ...asked, key: '0' }, 5_000), { state: 'own' })
  }
)

t.test('an adapter without claims has nothing run', async (t) => {
  const { node } = world()
  const { members } = node('a')
  const lines: object[] = []
  const log = { ...silentLogger, warn: (details: object) => lines.push(details) }
  const options = () => defaultOnceOptions
  const keys = new ClusterKeys({ node: 'a', claims: undefined, members, clock: systemClock, log, options })
  t.same(await keys.claim(asked, 5_000), { state: 'unavailable' })
  t.equal(lines.length, 1)
})

t.test('a record of another version is not run over', async (t) => {
  const { node, table } = world()
  const a = node('a')
  const names: ClaimName[] = []
  const claim = table.claim.bind(table)
  table.claim = (name, ...rest) => {
    names.push(name)
    return claim(name, ...rest)
  }
  await own(a.keys)
  for (const name of names) table.settle(name, String(claim(name, '', 1)?.claim), '2 what is this', 10_000)
  t.same(await node('b').keys.claim(asked, 5_000), { state: 'unavailable' })
})
