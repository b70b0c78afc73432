import { SpanKind } from '@opentelemetry/api'
import t from 'tap'
import { idsOf, isChild, isRoot, linksOf, RecordedSpans } from '../fixtures/spans.js'
import { startTraced } from '../fixtures/traced-server.js'
import { UserClient } from '../fixtures/user-client.js'

const spans = new RecordedSpans().register()

t.test('a hook call over a DataChannel, from the connect to what the hook asks a database', async (t) => {
  const { base } = await startTraced(t, { webrtc: { bindAddress: '127.0.0.1' } })
  const client = new UserClient(`${base}/socket`, 'alice')
  t.teardown(() => client.close())
  await client.join()
  const [events] = await client.openPeer()
  t.match(await events?.call('arena', 'fire'), { data: 'hit' })
  t.match(await events?.call('arena', 'fire'), { data: 'hit' })

  const connect = await spans.one('phoenix.connect /socket')
  t.ok(isRoot(connect))
  t.equal(connect.kind, SpanKind.SERVER)
  t.match(connect.attributes, {
    'phoenix.path': '/socket',
    'phoenix.transport': 'websocket',
    'phoenix.result': 'ok'
  })

  const join = await spans.one('phoenix.join user:*')
  t.ok(isRoot(join))
  t.same(linksOf(join), idsOf(connect))

  const hooks = spans.named('phoenix.hook arena.fire')
  t.equal(hooks.length, 2)
  for (const hook of hooks) {
    t.ok(isRoot(hook), 'a trace of its own, however long the DataChannel lives')
    t.equal(hook.kind, SpanKind.SERVER)
    t.same(linksOf(hook), idsOf(connect, join))
    t.match(hook.attributes, {
      'rpc.system.name': 'phoenix',
      'rpc.method': 'arena.fire',
      'phoenix.hook.plugin': 'arena',
      'phoenix.hook.function': 'fire',
      'phoenix.transport': 'datachannel',
      'phoenix.result': 'ok'
    })
    const asked = await spans.childOf(hook)
    t.equal(asked.name, 'db.query')
    t.ok(isChild(asked, hook))
  }
  t.equal(spans.named('db.query').length, 2)
  const text = JSON.stringify(spans.all.map(({ name, attributes }) => [name, attributes]))
  t.notMatch(text, /alice|candidate/, 'nothing of the user or of payloads')
})
