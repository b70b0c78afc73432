import t, { type Test } from 'tap'
import { ClusterNode } from '../../../lib/cluster/cluster-node.js'
import { MemoryEngine } from '../../../lib/cluster/memory.js'
import { EndpointCounters } from '../../../lib/endpoint/stats.js'
import { defaultLimits } from '../../../lib/limits/limits.js'
import { QueuedMemory } from '../../../lib/limits/queued-memory.js'
import { Turns } from '../../../lib/limits/turns.js'
import { PubSub } from '../../../lib/pubsub/pubsub.js'
import type { Socket } from '../../../lib/socket/socket.js'
import { systemClock } from '../../../lib/time/clock.js'
import { BacklogWatch } from '../../../lib/transport/backlog-watch.js'
import { ByteBudget } from '../../../lib/transport/byte-budget.js'
import { type LongPollSession, LongPollSessions, randomToken } from '../../../lib/transport/longpoll.js'
import { LongPollPosts } from '../../../lib/transport/longpoll-posts.js'
import { PollTurns } from '../../../lib/transport/poll-turns.js'
import {
  LongPollRelay,
  type RelayedClient,
  type RelayedMount,
  type RelayedSession
} from '../../../lib/transport/relay/relay.js'
import { RecordingLogger } from '../../fixtures/recording-logger.js'
import { until } from '../../fixtures/until.js'

const clock = systemClock
const path = '/socket/longpoll'
const windowMs = 2_000

/** The client of a relayed request, whose connection the test holds. */
class Client implements RelayedClient {
  isGone = false
  isWritten = false
  isMoving = false
  isCutOff = false
  readonly #callbacks = new Set<() => void>()
  readonly watch = { isLost: () => !this.isWritten, hasMoved: () => this.isMoving }

  onClose(callback: () => void): () => void {
    this.#callbacks.add(callback)
    return () => this.#callbacks.delete(callback)
  }

  cutOff(): void {
    this.isCutOff = true
    this.close(false)
  }

  /** Its answer is through, or it has gone. */
  close(isWritten: boolean): void {
    this.isWritten = isWritten
    this.isGone = true
    for (const callback of this.#callbacks) callback()
  }
}

class Node {
  readonly log = new RecordingLogger()
  readonly cluster: ClusterNode
  readonly relay: LongPollRelay
  readonly mount: RelayedMount
  readonly taken: string[] = []

  constructor(name: string, engine: MemoryEngine, budgetBytes: number) {
    const { log } = this
    this.cluster = new ClusterNode({ name, adapter: engine.adapter(), pubsub: new PubSub(), clock, log })
    this.relay = new LongPollRelay(this.cluster, clock, log)
    const sessions = new LongPollSessions({
      clock,
      log,
      stats: new EndpointCounters(),
      turns: new Turns(),
      backlogs: new BacklogWatch(clock, new QueuedMemory()),
      windowMs,
      maxSessions: 0,
      newToken: randomToken,
      limits: { ...defaultLimits, frameBytes: 0, queuedBytes: 0 }
    })
    const budget = new ByteBudget(clock, budgetBytes)
    const posts = new LongPollPosts(sessions, clock, windowMs)
    this.mount = { path, windowMs, sessions, posts, polls: new PollTurns(), budget, bodyBytes: 4_000_000 }
    this.relay.add(this.mount)
  }

  begin(): LongPollSession {
    const session = this.mount.sessions.create(() => {})
    session.attach({
      receive: (data: Buffer) => void this.taken.push(data.toString()),
      taken: () => undefined,
      close: () => session.close(),
      transportClosed: () => {}
    } as unknown as Socket)
    return session
  }

  /** A session of another node, as it is asked for here. */
  at(owner: Node, { token }: LongPollSession): RelayedSession {
    const { budget } = this.mount
    return { node: owner.cluster.name, path, token, windowMs, budget }
  }
}

async function start(t: Test, budgetBytes = 0): Promise<{ engine: MemoryEngine; nodes: [Node, Node, Node] }> {
  const engine = new MemoryEngine()
  const nodes: [Node, Node, Node] = [
    new Node('a', engine, budgetBytes),
    new Node('b', engine, budgetBytes),
    new Node('c', engine, budgetBytes)
  ]
  for (const { cluster } of nodes) await cluster.start()
  t.teardown(async () => {
    for (const { relay, cluster } of nodes) {
      relay.close()
      await cluster.close()
    }
  })
  await until(() => nodes.every(({ cluster }) => cluster.members.names().length === 2))
  return { engine, nodes }
}

/** Polls, and takes the answer in. */
async function poll(asked: Node, owner: Node, session: LongPollSession): Promise<unknown> {
  const client = new Client()
  const outcome = await asked.relay.asker.poll(asked.at(owner, session), client)
  client.close(true)
  return outcome === 'none' || outcome === 'gone' ? outcome : JSON.parse(outcome)
}

t.test('messages come by any node, small and large, in order', async (t) => {
  const { nodes } = await start(t)
  const [a, b, c] = nodes
  const session = a.begin()
  const large = 'é'.repeat(700_000)
  for (const [i, asked] of [b, c, b, c].entries()) {
    const waiting = poll(asked, a, session)
    session.send(`message ${i}`)
    t.same(await waiting, [`message ${i}`])
    session.send(large)
    session.send('\ud800 alone')
    t.same(await poll(asked, a, session), [large, '\ud800 alone'])
  }
})

t.test('what a client has not got comes by the next node, and once', async (t) => {
  const { nodes } = await start(t)
  const [a, b, c] = nodes
  const session = a.begin()
  session.send('first')
  const lost = new Client()
  t.equal(await b.relay.asker.poll(b.at(a, session), lost), '["first"]')
  lost.close(false)
  session.send('second')
  t.same(await poll(c, a, session), ['first', 'second'])
  session.send('third')
  t.same(await poll(b, a, session), ['third'])
})

t.test('an answer whose node has gone is lost, unless it said that it was written', async (t) => {
  const { nodes } = await start(t)
  const [a, b, c] = nodes
  const session = a.begin()
  session.send('first')
  t.equal(await b.relay.asker.poll(b.at(a, session), new Client()), '["first"]')
  a.cluster.gone('b')
  t.same(await poll(c, a, session), ['first'])
})

t.test('a poll ends with its node, at once where its end is seen', async (t) => {
  const { nodes } = await start(t)
  const [a, b, c] = nodes
  const session = a.begin()
  const waiting = [poll(b, a, session)]
  await until(() => b.relay.asker.size === 1)
  b.cluster.gone('a')
  t.same(await Promise.all(waiting), ['gone'])
  t.equal(await poll(b, a, session), 'gone', 'and is not asked again')
  const last = poll(c, a, session)
  await until(() => c.relay.asker.size === 1)
  a.cluster.leave()
  session.send('last words')
  t.same(await last, ['last words'])
})

t.test('answers wait for room, and those that are too large for any go one by one', async (t) => {
  const { nodes } = await start(t, 1_000)
  const [a, b] = nodes
  const sessions = [a.begin(), a.begin(), a.begin()]
  const large = 'x'.repeat(300_000)
  for (const session of sessions) for (const message of ['small', large]) session.send(message)
  const answers = await Promise.all(sessions.map((session) => poll(b, a, session)))
  for (const answer of answers) t.same(answer, ['small', large])
  t.equal(b.mount.budget.held, 0)
})

t.test('a client that reads nothing is cut off, and gets its messages by another node', async (t) => {
  const { nodes } = await start(t)
  const [a, b, c] = nodes
  const session = a.begin()
  session.send('first')
  const client = new Client()
  client.isMoving = true
  await b.relay.asker.poll({ ...b.at(a, session), windowMs: 100 }, client)
  t.notOk(client.isCutOff)
  client.isMoving = false
  await until(() => client.isCutOff)
  t.same(await poll(c, a, session), ['first'])
})

t.test('bodies reach the node of the session, small and large, within its limits', async (t) => {
  const { nodes } = await start(t, 2_000_000)
  const [a, b] = nodes
  const session = a.begin()
  const post = (text: string) => b.relay.asker.post(b.at(a, session), Buffer.from(text), undefined)
  t.same(await post('small'), { is: 'status', status: 200, ends: false })
  const large = 'é'.repeat(600_000)
  t.match(await post(large), { status: 200, ends: false })
  t.same(a.taken, ['small', large])
  t.match(await post('x'.repeat(2_000_001)), { status: 503, ends: true })
  t.match(await post('x'.repeat(4_000_001)), { status: 413, ends: true })
  t.equal(a.mount.budget.held, 0)
  session.close()
  t.match(await post('late'), { status: 410 })
  t.equal(await poll(b, a, session), 'gone')
})

t.test('what a newer version says is passed over, and what is no message is logged', async (t) => {
  const { nodes } = await start(t)
  const [a, b] = nodes
  const say = (head: string): boolean =>
    b.cluster.send('longpoll', Buffer.concat([Buffer.from([head.length]), Buffer.from(head)]), 'a')
  for (const head of ['{"is":"future"}', '{"is":"over","id":1}', '{"is":"answer","id":7,"size":0}', '5'])
    say(head)
  const session = a.begin()
  session.send('x')
  t.same(await poll(b, a, session), ['x'])
  t.same(a.log.messages('error'), [])
  say('{')
  session.send('y')
  t.same(await poll(b, a, session), ['y'])
  t.equal(a.log.messages('error').length, 1)
})
