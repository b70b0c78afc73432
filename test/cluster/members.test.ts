import t, { type Test } from 'tap'
import { Members } from '../../lib/cluster/members.js'
import { FakeClock } from '../fixtures/fake-clock.js'

/** Members as node `a` sees them, and what they are told in a row. */
function scene() {
  const clock = new FakeClock()
  const sent: [string, string | undefined][] = []
  const members = new Members({
    clock,
    send: (body, to) => void sent.push([Buffer.from(body).toString(), to])
  })
  const told: string[] = []
  members.listen({
    up: (node) => void told.push(`up ${node}`),
    down: (node, why) => void told.push(`down ${node} ${why}`),
    forgotten: (node) => void told.push(`forgotten ${node}`)
  })
  return {
    clock,
    sent,
    members,
    told,
    /** Time passes, and this node hears itself every second. */
    seconds(count: number, others: readonly string[] = []): void {
      for (let i = 0; i < count; i++) {
        clock.advance(1_000)
        members.echo()
        for (const node of others) members.heard(node, heartbeat())
      }
    }
  }
}

const heartbeat = (asks = false, facts: object = {}): Uint8Array =>
  Buffer.from(JSON.stringify({ asks, facts }))

t.test('a node is there while it is heard, down after five seconds, forgotten after sixty', async (t) => {
  const { members, told, seconds } = scene()
  members.heard('b', heartbeat())
  members.heard('c', heartbeat())
  t.same(members.names(), ['b', 'c'])
  seconds(4, ['c'])
  t.ok(members.isUp('b'))
  seconds(1, ['c'])
  t.same(told.splice(0), ['up b', 'up c', 'down b silent'])
  t.same(members.names(), ['c'])
  members.heard('b', heartbeat())
  t.same(told.splice(0), ['up b'])
  seconds(60, ['c'])
  t.same(told, ['down b silent', 'forgotten b'])
})

t.test('who does not hear itself gives no verdict', async (t) => {
  const { clock, members, told, seconds } = scene()
  members.heard('b', heartbeat())
  clock.advance(60_000)
  seconds(2)
  t.same(told, ['up b'])
  t.ok(members.isUp('b'))
})

t.test('own heartbeats that come together after a jam count as one', async (t) => {
  const { clock, members, told } = scene()
  members.heard('b', heartbeat())
  clock.advance(30_000)
  for (let i = 0; i < 30; i++) members.echo()
  t.same(told, ['up b'])
})

t.test('a node that says goodbye, or whose process ended, has gone for good', async (t: Test) => {
  const { members, told, seconds } = scene()
  for (const node of ['b', 'c']) members.heard(node, heartbeat())
  members.ended('b', 'bye')
  members.ended('c', 'gone')
  members.ended('c', 'bye')
  members.heard('b', heartbeat())
  t.same(members.names(), [])
  t.same(told, ['up b', 'up c', 'down b bye', 'forgotten b', 'down c gone', 'forgotten c'])
  seconds(62)
  members.heard('b', heartbeat())
  t.same(members.names(), ['b'], 'in the end that is forgotten, too')
})

t.test('who listens late is told who is there', async (t) => {
  const { members } = scene()
  members.heard('b', heartbeat())
  const late: string[] = []
  const stop = members.listen({ up: (node) => void late.push(node) })
  t.same(late, ['b'])
  stop()
  members.heard('c', heartbeat())
  t.same(late, ['b'])
})

t.test('heartbeats carry facts, and who asks is answered alone', async (t) => {
  const { members, sent } = scene()
  const heard: unknown[] = []
  members.tell('clocks', { tell: () => ({ chat: 3 }), heard: (...told) => void heard.push(told) })
  members.beat(true)
  t.same(sent.splice(0), [['{"asks":true,"facts":{"clocks":{"chat":3}}}', undefined]])
  members.heard('b', heartbeat(true, { clocks: { chat: 9 }, other: 1, __proto__: null }))
  t.same(heard, [['b', { chat: 9 }]])
  t.same(sent, [['{"asks":false,"facts":{"clocks":{"chat":3}}}', 'b']])
})

t.test('a heartbeat that is none makes nobody a member', async (t) => {
  const { members } = scene()
  t.throws(() => members.heard('b', Buffer.from('{')))
  t.same(members.names(), [])
})
