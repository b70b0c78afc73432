import { SpanKind } from '@opentelemetry/api'
import t from 'tap'
import otel from '../../plugins/otel.js'
import { defineChannel } from '../../plugins/phoenix.js'
import { startNodes } from '../fixtures/nodes.js'
import { connectPhoenix, join, next } from '../fixtures/phoenix-client.js'
import { idsOf, isChild, isRoot, linksOf, query, RecordedSpans } from '../fixtures/spans.js'
import { startTraced } from '../fixtures/traced-server.js'
import { until } from '../fixtures/until.js'

const spans = new RecordedSpans().register()
t.afterEach(() => spans.reset())

/** Broadcasts what a client says, and looks at it where it arrives. */
const room = defineChannel({
  join: (_params, channel) => {
    channel.subscribe('news')
    return { status: 'ok' }
  },
  handleIn: {
    async say(_payload, channel) {
      await query()
      channel.broadcast('said', { secret: 'words' })
      channel.endpoint.broadcast('news', 'published', {})
    }
  },
  handleOut: {
    async said(_payload, channel) {
      await query('db.out')
      channel.push('said', {})
    }
  },
  handleInfo: async (_broadcast, channel) => {
    await query('db.info')
    channel.push('news', {})
  }
})

t.test('a broadcast is part of what made it, and those who handle it are linked to it', async (t) => {
  const { base } = await startTraced(t, { channels: { 'room:*': room } })
  const channel = connectPhoenix(t, `${base}/socket`).channel('room:1')
  await join(channel)
  const news = next(channel, 'news')
  channel.push('say', {})
  await news

  const event = await spans.one('phoenix.handle_in room:*')
  const broadcast = await spans.one('phoenix.broadcast room:*')
  t.ok(isChild(broadcast, event))
  t.equal(broadcast.kind, SpanKind.PRODUCER)
  t.match(broadcast.attributes, {
    'phoenix.pattern': 'room:*',
    'phoenix.event': 'said',
    'phoenix.receivers': 1,
    'phoenix.local': true,
    'phoenix.result': 'ok',
    'messaging.system': 'phoenix',
    'messaging.operation.type': 'send',
    'messaging.destination.template': 'room:*'
  })
  const other = await spans.one('phoenix.broadcast')
  t.ok(isChild(other, event), 'of a topic that no client can join')

  const connect = await spans.one('phoenix.connect /socket')
  const joined = await spans.one('phoenix.join room:*')
  const out = await spans.one('phoenix.handle_out room:*')
  t.ok(isRoot(out))
  t.equal(out.kind, SpanKind.CONSUMER)
  t.same(linksOf(out), idsOf(connect, joined, broadcast))
  t.match(out.attributes, { 'messaging.operation.type': 'process', 'phoenix.event': 'said' })
  t.equal((await spans.childOf(out)).name, 'db.out')

  const info = await spans.one('phoenix.handle_info room:*')
  t.same(linksOf(info), idsOf(connect, joined, other))
  t.equal((await spans.childOf(info)).name, 'db.info')
})

t.test('those who handle it on another node are linked to it, too', async (t) => {
  const { nodes } = await startNodes(t, 2, { channels: { 'room:*': room } }, async (app) => {
    await app.register(otel)
  })
  const [here, there] = nodes.map(({ base }) => connectPhoenix(t, `${base}/socket`).channel('room:1'))
  if (here === undefined || there === undefined) throw new Error('there are two nodes')
  await join(here)
  await join(there)
  const heard = Promise.all([next(there, 'said'), next(there, 'news')])
  here.push('say', {})
  await heard
  await until(() => spans.named('phoenix.handle_out room:*').length === 2)
  await until(() => spans.named('phoenix.handle_info room:*').length === 2)

  const broadcast = await spans.one('phoenix.broadcast room:*')
  t.equal(broadcast.attributes['phoenix.local'], false)
  const [id] = idsOf(broadcast)
  const outs = spans.named('phoenix.handle_out room:*')
  for (const out of outs) {
    t.ok(isRoot(out))
    t.equal(linksOf(out).at(-1), id)
  }
  t.same(outs.map(({ links }) => links.at(-1)?.context.isRemote === true).sort(), [false, true])
  const connects = outs.map((out) => linksOf(out)[0])
  t.equal(new Set(connects).size, 2, 'each to the connect of its own socket')
  for (const info of spans.named('phoenix.handle_info room:*')) {
    t.equal(linksOf(info).at(-1), idsOf(await spans.one('phoenix.broadcast'))[0])
  }
})
