import t from 'tap'
import { Members } from '../../lib/cluster/members.js'
import { Signals } from '../../lib/cluster/signals.js'
import { PlaceAsks, type PlaceUser } from '../../lib/mount/place-asks.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

const alice: PlaceUser = { group: 'g', id: 'user:alice' }

interface Checked {
  readonly user: PlaceUser
  isStopped: boolean
  over(closed: number): void
}

/** Nodes by name that hear each other at once; all but `z` have sockets of everybody. */
function nodes(...names: string[]) {
  const clock = new FakeClock()
  const log = new RecordingLogger()
  const all = new Map<string, ReturnType<typeof node>>()
  const node = (name: string) => {
    const signals = new Signals(clock, log)
    const members = new Members({ clock, send: () => {} })
    const checks: Checked[] = []
    const send = (signal: string, body: Uint8Array, to?: string): boolean =>
      all.get(String(to))?.signals.deliver(signal, name, body) === true
    const asks = new PlaceAsks({ clock, members, signals, send, isUp: true }, (user, over) => {
      if (name === 'z') return undefined
      const checked: Checked = { user, isStopped: false, over }
      checks.push(checked)
      return {
        stop: () => {
          checked.isStopped = true
        }
      }
    })
    return { asks, checks, signals, members }
  }
  for (const name of names) all.set(name, node(name))
  const get = (name: string) => all.get(name) as ReturnType<typeof node>
  for (const [name, { members }] of all) {
    for (const other of all.keys()) if (other !== name) members.heard(other, Buffer.from('{"facts":{}}'))
  }
  return { clock, log, get }
}

t.test('those who are asked check the sockets of that user', async (t) => {
  const { get } = nodes('a', 'b', 'c')
  get('a').asks.ask(alice, ['b'], 1000, () => t.fail('nobody has answered'))
  t.same(
    get('b').checks.map(({ user }) => user),
    [alice]
  )
  t.same(get('c').checks, [])
})

t.test('when all have said that theirs live it is over, a moment later', async (t) => {
  const { clock, get } = nodes('a', 'b', 'c')
  let overs = 0
  get('a').asks.ask(alice, ['b', 'c'], 1000, () => overs++)
  get('b').checks[0]?.over(0)
  clock.advance(500)
  t.equal(overs, 0, 'one may still close some')
  get('c').checks[0]?.over(0)
  t.equal(overs, 0, 'a socket may have closed just before the answer')
  clock.advance(100)
  t.equal(overs, 1)
  clock.advance(10_000)
  t.equal(overs, 1)
  t.equal(clock.pending, 0)
})

t.test('one who has no sockets any more says so at once', async (t) => {
  const { clock, get } = nodes('a', 'z')
  let overs = 0
  get('a').asks.ask(alice, ['z'], 1000, () => overs++)
  clock.advance(100)
  t.equal(overs, 1)
})

t.test('where some were closed, their places are waited for until the time is over', async (t) => {
  const { clock, get } = nodes('a', 'b')
  let overs = 0
  get('a').asks.ask(alice, ['b'], 1000, () => overs++)
  clock.advance(1000)
  get('b').checks[0]?.over(1)
  clock.advance(499)
  t.equal(overs, 0)
  clock.advance(1)
  t.equal(overs, 1)
})

t.test('one who does not answer is waited for no longer than that', async (t) => {
  const { clock, get } = nodes('a', 'b')
  let overs = 0
  get('a').asks.ask(alice, ['b', 'nobody'], 1000, () => overs++)
  clock.advance(1500)
  t.equal(overs, 1)
  t.equal(get('b').checks[0]?.isStopped, true, 'and closes nobody afterwards')
})

t.test('what is given up is stopped where it was asked for', async (t) => {
  const { clock, get } = nodes('a', 'b', 'c')
  const giveUp = get('a').asks.ask(alice, ['b'], 1000, () => t.fail('it was given up'))
  get('c').asks.ask(alice, ['b'], 1000, () => {})
  giveUp()
  giveUp()
  t.same(
    get('b').checks.map(({ isStopped }) => isStopped),
    [true, false],
    'others have asked for themselves'
  )
  get('b').checks[0]?.over(0)
  clock.advance(10_000)
})

t.test('a node that goes down is not waited for, and nothing is done for it', async (t) => {
  const { clock, get } = nodes('a', 'b')
  let overs = 0
  get('a').asks.ask(alice, ['b'], 1000, () => overs++)
  get('b').asks.ask(alice, ['a'], 1000, () => {})
  get('a').members.ended('b', 'bye')
  t.equal(get('a').checks[0]?.isStopped, true)
  clock.advance(100)
  t.equal(overs, 1)
})

t.test(
  'what is no message of this kind is logged, and those of later versions are passed over',
  async (t) => {
    const { get, log, clock } = nodes('a', 'b')
    const { signals, checks } = get('b')
    for (const text of ['oops', 'null', '{"kind":"ask"}', '{"kind":"ask","number":-1}']) {
      t.ok(signals.deliver('places', 'a', Buffer.from(text)))
      clock.advance(1_000)
    }
    t.equal(log.lines.length, 4)
    for (const kind of ['other', 'alive', 'enough']) {
      signals.deliver('places', 'a', Buffer.from(JSON.stringify({ kind, number: 7 })))
    }
    t.equal(log.lines.length, 4)
    t.same(checks, [])
  }
)

t.test('a node that closes stops all of it', async (t) => {
  const { clock, get } = nodes('a', 'b')
  get('a').asks.ask(alice, ['b'], 1000, () => t.fail('it has closed'))
  get('b').asks.ask(alice, ['a'], 1000, () => {})
  get('a').asks.close()
  t.equal(get('a').checks[0]?.isStopped, true)
  t.equal(get('a').signals.deliver('places', 'b', Buffer.from('{}')), false)
  get('b').asks.close()
  t.equal(clock.pending, 0)
  clock.advance(10_000)
})
