import t from 'tap'
import { Ledger, type LedgerEntry } from '../../lib/once/ledger.js'
import { defaultOnceOptions, type OnceOptions } from '../../lib/once/options.js'
import type { KeptResult } from '../../lib/once/result.js'
import { FakeClock } from '../fixtures/fake-clock.js'

function world(options: Partial<OnceOptions> = {}) {
  const clock = new FakeClock()
  const ledger = new Ledger({ ...defaultOnceOptions, ...options }, clock)
  const ended = (user: string, key: string, json = '1') => {
    const entry = ledger.begin(user, key, 'digest')
    if (entry !== undefined) ledger.end(entry, { ok: true, json })
    return entry
  }
  return { clock, ledger, ended }
}

const one: KeptResult = { ok: true, json: '1' }

const wait = (ledger: Ledger, entry: LedgerEntry): Promise<KeptResult> =>
  new Promise((resolve) => ledger.wait(entry, resolve))

t.test('a result is kept for its time, and the key for a longer one', async (t) => {
  const { clock, ledger, ended } = world({ keepMs: 1_000, rememberMs: 5_000 })
  ended('alice', 'k')
  clock.advance(999)
  t.same(ledger.find('alice', 'k')?.result, one)
  clock.advance(1)
  t.equal(ledger.find('alice', 'k')?.result, undefined)
  t.match(ledger, { keys: 1, results: 0, bytes: 0 })
  clock.advance(3_999)
  t.ok(ledger.find('alice', 'k'))
  clock.advance(1)
  t.equal(ledger.find('alice', 'k'), undefined)
  t.match(ledger, { keys: 0, results: 0, bytes: 0 })
})

t.test('keys are of their user', async (t) => {
  const { ledger, ended } = world()
  ended('alice', 'k')
  t.equal(ledger.find('bob', 'k'), undefined)
  t.not(ledger.find('alice', 'k'), undefined)
})

t.test('the key of a call that runs is remembered until it ends, however long that takes', async (t) => {
  const { clock, ledger } = world({ keepMs: 10, rememberMs: 10 })
  const entry = ledger.begin('alice', 'k', 'digest')
  clock.advance(100_000)
  t.equal(ledger.find('alice', 'k'), entry)
  t.equal(ledger.running, 1)
})

t.test('those who wait are answered when the call ends, and not too many may', async (t) => {
  const { ledger } = world()
  const entry = ledger.begin('alice', 'k', 'digest')
  if (entry === undefined) throw new Error('no room')
  const waiting = Array.from({ length: 16 }, () => wait(ledger, entry))
  t.notOk(ledger.wait(entry, () => {}))
  ledger.end(entry, one)
  t.same(await Promise.all(waiting), Array(16).fill(one))
})

t.test('a call that did not run frees its key', async (t) => {
  const { ledger } = world()
  const entry = ledger.begin('alice', 'k', 'digest')
  if (entry === undefined) throw new Error('no room')
  const waiting = wait(ledger, entry)
  const refused: KeptResult = { ok: false, reason: 'unavailable' }
  ledger.drop(entry, refused)
  t.same(await waiting, refused)
  t.equal(ledger.find('alice', 'k'), undefined)
  t.match(ledger, { keys: 0, running: 0 })
})

t.test('of too many results of a user the oldest go first, and keys stay', async (t) => {
  const { ledger, ended } = world({ resultsPerUser: 2 })
  for (const key of ['a', 'b', 'c']) ended('alice', key)
  ended('bob', 'a')
  const kept = ['a', 'b', 'c'].map((key) => ledger.find('alice', key)?.result !== undefined)
  t.same(kept, [false, true, true])
  t.same(ledger.find('bob', 'a')?.result, one)
  t.match(ledger, { keys: 4, results: 3, bytes: 3 })
})

t.test('results of a user are bounded in bytes, and what is larger is not kept', async (t) => {
  const { ledger, ended } = world({ resultBytesPerUser: 10 })
  ended('alice', 'a', '123456')
  ended('alice', 'b', '1234')
  ended('alice', 'c', '12345678901')
  t.same(ledger.find('alice', 'a')?.result, { ok: true, json: '123456' })
  t.equal(ledger.find('alice', 'c')?.result, undefined)
  ended('alice', 'd', '"é"')
  t.equal(ledger.find('alice', 'a')?.result, undefined)
  t.match(ledger, { results: 2, bytes: 8 })
})

t.test('all results are bounded in bytes', async (t) => {
  const { ledger, ended } = world({ resultBytes: 10 })
  for (let i = 0; i < 20; i++) ended(`user ${i}`, 'k', '12345')
  t.match(ledger, { keys: 20, results: 2, bytes: 10 })
  t.equal(ledger.find('user 17', 'k')?.result, undefined)
  t.ok(ledger.find('user 18', 'k')?.result)
})

t.test('keys are never forgotten for others: a user who has too many gets no more', async (t) => {
  const { clock, ledger, ended } = world({ keysPerUser: 3, rememberMs: 200_000 })
  for (const key of ['a', 'b', 'c']) t.ok(ended('alice', key))
  t.equal(ended('alice', 'd'), undefined)
  t.ok(ended('bob', 'd'))
  t.ok(ledger.find('alice', 'a'))
  clock.advance(210_000)
  t.ok(ended('alice', 'd'))
})

t.test('where all have too many, those with less than their share still get some', async (t) => {
  const { ledger, ended } = world({ keys: 100 })
  for (let i = 0; i < 100; i++) t.ok(ended('greedy', `${i}`))
  t.equal(ended('greedy', 'more'), undefined)
  let taken = 0
  for (let i = 0; i < 1_000; i++) if (ended('alice', `${i}`)) taken++
  t.ok(taken >= 33 && taken <= 50, `${taken}`)
  for (let user = 0; user < 1_000; user++) for (let i = 0; i < 10; i++) ended(`user ${user}`, `${i}`)
  t.ok(ledger.keys <= 200, `${ledger.keys}`)
})

t.test('nothing is left of it when all is over, and its timer goes', async (t) => {
  const { clock, ledger, ended } = world({ resultsPerUser: 5, resultBytes: 100 })
  for (let user = 0; user < 20; user++) for (let i = 0; i < 10; i++) ended(`user ${user}`, `${i}`)
  t.equal(clock.pending, 1)
  clock.advance(defaultOnceOptions.rememberMs + 60_000)
  t.match(ledger, { keys: 0, results: 0, bytes: 0, running: 0 })
  t.equal(clock.pending, 0)
})
