import t from 'tap'
import { ClusterNode } from '../../lib/cluster/cluster-node.js'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import { type SurveyHandler, Surveys } from '../../lib/cluster/surveys.js'
import { PubSub } from '../../lib/pubsub/pubsub.js'
import { systemClock } from '../../lib/time/clock.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'
import { until } from '../fixtures/until.js'

/** Nodes of one cluster that know each other, each with its handler of `load`. */
async function nodes(t: { teardown(end: () => unknown): void }, handlers: Record<string, SurveyHandler>) {
  const engine = new MemoryEngine()
  const log = new RecordingLogger()
  const all = Object.entries(handlers).map(([name, handler]) => {
    const cluster = new ClusterNode({
      name,
      adapter: engine.adapter(),
      pubsub: new PubSub(),
      clock: systemClock,
      log
    })
    const surveys = new Surveys({ name, clock: systemClock, log })
    surveys.connect(cluster)
    surveys.on('load', handler)
    return { cluster, surveys }
  })
  for (const { cluster } of all) await cluster.start()
  t.teardown(() => Promise.all(all.map(({ cluster }) => cluster.close())))
  await until(() => all.every(({ cluster }) => cluster.members.names().length === all.length - 1))
  return { engine, log, nodes: all }
}

t.test('all nodes answer, the asking one among them', async (t) => {
  const { nodes: all } = await nodes(t, {
    a: (payload) => ({ node: 'a', payload }),
    b: async () => 2,
    c: () => undefined
  })
  const result = await all[0]?.surveys.ask('load', { of: 'cpu' })
  const answers = result?.answers.sort((x, y) => x.node.localeCompare(y.node))
  t.same(answers, [
    { node: 'a', value: { node: 'a', payload: { of: 'cpu' } } },
    { node: 'b', value: 2 },
    { node: 'c', value: null }
  ])
  t.same([result?.failed, result?.silent], [[], []])
})

t.test('nodes that fail and nodes that do not answer are named, and no error text leaves them', async (t) => {
  const { nodes: all, log } = await nodes(t, {
    a: () => 1,
    b: () => {
      throw new Error('secret')
    },
    c: () => new Promise(() => {}),
    d: () => 1n
  })
  const result = await all[0]?.surveys.ask('load', null, { timeoutMs: 200 })
  t.same(result?.answers, [{ node: 'a', value: 1 }])
  t.same(result?.failed.map(({ node, reason }) => `${node} ${reason}`).sort(), ['b failed', 'd failed'])
  t.same(result?.silent, ['c'])
  t.equal(log.messages('error').length, 2)
  const none = await all[0]?.surveys.ask('__proto__', null)
  t.equal(none?.failed.length, 4)
  t.ok(none?.failed.every(({ reason }) => reason === 'no_handler'))
})

t.test('a node that goes away meanwhile is waited for no longer', async (t) => {
  const { nodes: all } = await nodes(t, { a: () => 1, b: () => new Promise(() => {}) })
  const asked = all[0]?.surveys.ask('load', null, { timeoutMs: 60_000 })
  await all[1]?.cluster.close()
  t.same((await asked)?.silent, ['b'])
})

t.test('who comes back in time has answered, and who answers twice once', async (t) => {
  let answer = (_value: number): void => {}
  const late = new Promise<number>((resolve) => {
    answer = resolve
  })
  const { nodes: all, log } = await nodes(t, { a: () => 1, b: () => late, c: () => new Promise(() => {}) })
  const [a, b] = all
  const asked = a?.surveys.ask('load', null, { timeoutMs: 300 })
  // As one that stood still too long is, in the eyes of others.
  a?.cluster.members.ended('b', 'gone')
  const before = Number(b?.cluster.stats.published)
  answer(2)
  await until(() => Number(b?.cluster.stats.published) > before)
  const twice = { id: 1, ok: true, value: 3 }
  b?.cluster.send('answer', Buffer.from(JSON.stringify(twice)), 'a')
  const result = await asked
  t.same(
    result?.answers.map(({ node, value }) => [node, value]),
    [
      ['a', 1],
      ['b', 2]
    ]
  )
  t.same(result?.silent, ['c'])
  t.same(log.messages('error'), [])
})

t.test('an answer that the engine does not take is a failure, and no silence', async (t) => {
  const { nodes: all } = await nodes(t, { a: () => 1, b: () => 'x'.repeat(1_000) })
  const [a, b] = all
  const send = b?.cluster.send.bind(b.cluster)
  if (b !== undefined)
    b.cluster.send = (name, body, to) => body.length < 500 && send?.(name, body, to) === true
  t.same((await a?.surveys.ask('load', null))?.failed, [{ node: 'b', reason: 'failed' }])
})

t.test('who closes gets what has come', async (t) => {
  const { nodes: all } = await nodes(t, { a: () => 1, b: () => new Promise(() => {}) })
  const asked = all[0]?.surveys.ask('load', null, { timeoutMs: 60_000 })
  await new Promise(setImmediate)
  all[0]?.surveys.close()
  t.same((await asked)?.silent, ['b'])
})

t.test('wrong options and payloads are refused with a code', async (t) => {
  const { nodes: all } = await nodes(t, { a: () => 1 })
  const surveys = all[0]?.surveys as Surveys
  t.throws(() => surveys.ask('load', null, { timeoutMs: -1 }), { code: 'PHX_ERR_OPTION_INVALID' })
  t.throws(() => surveys.ask('load', 1n), { code: 'PHX_ERR_SERIALIZER_ENCODE' })
  t.throws(() => surveys.on('load', () => 1), { code: 'PHX_ERR_OPTION_INVALID' })
  t.throws(() => surveys.on('other', 5 as never), { code: 'PHX_ERR_OPTION_INVALID' })
})
