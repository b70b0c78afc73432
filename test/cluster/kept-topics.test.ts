import t from 'tap'
import type { EngineHistory, EngineMessage } from '../../lib/cluster/adapter.js'
import { decodeEnvelope } from '../../lib/cluster/envelope.js'
import { withFields } from '../../lib/cluster/kept-fields.js'
import { isKept } from '../../lib/cluster/kept-messages.js'
import { KeptTopics } from '../../lib/cluster/kept-topics.js'
import { JsonText } from '../../lib/protocol/serializer/json.js'
import { PubSub, type Subscriber } from '../../lib/pubsub/pubsub.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'
import { settled } from '../fixtures/test-socket.js'

const settings = { size: 100, ttlMs: 1_000 }

/** A node and the engine of its topics, which says what it has taken when the test has it do so. */
function node() {
  const taken: EngineMessage[] = []
  const engine = { isAway: false }
  const log = new RecordingLogger()
  const history: EngineHistory = {
    async append(_channel, bytes) {
      if (engine.isAway) throw new Error('away')
      const offset = taken.length + 1
      taken.push({ offset, at: 0, bytes })
      return { epoch: 'e', offset }
    },
    read: async (_channel, { after = 0 }) => ({
      epoch: 'e',
      offset: taken.length,
      messages: taken.slice(after)
    }),
    renew: async () => {}
  }
  const pubsub = new PubSub()
  const clock = new FakeClock()
  const own = { name: 'n', confirmed: () => undefined, notKept: () => {} }
  const kept = new KeptTopics(history, own, { pubsub, clock, log })
  const say = (from?: Subscriber) => {
    const draft = { event: 'say', payload: new JsonText('{}'), sender: undefined }
    return kept.append('room:1', settings, draft, { from, key: undefined, trace: undefined })
  }
  const echo = (offset: number): void => {
    const { bytes } = taken[offset - 1] as EngineMessage
    const envelope = decodeEnvelope(withFields(bytes, { position: `${offset} e` }))
    if (envelope.kind === 'broadcast' && isKept(envelope)) kept.arrived(envelope)
  }
  return { kept, pubsub, say, echo, engine, log }
}

t.test('what a member has said passes it by, also where it was read and not sent', async (t) => {
  const { kept, pubsub, say, echo } = node()
  const heard: string[] = []
  const member = (name: string): Subscriber => ({
    topic: 'room:1',
    deliver: ({ kept }) => heard.push(`${name} ${kept?.offset}`),
    passedBy: ({ kept }) => heard.push(`${name} passed by ${kept?.offset}`)
  })
  const [alice, bob] = [member('alice'), member('bob')]
  for (const each of [alice, bob]) pubsub.subscribe('room:1', each)
  await say()
  echo(1)
  await say(alice)
  kept.renew()
  await settled()
  echo(2)
  await settled()
  await say(alice)
  await say(alice)
  echo(4)
  await settled()
  t.same(heard, [
    'alice 1',
    'bob 1',
    'alice passed by 2',
    'bob 2',
    'alice passed by 3',
    'bob 3',
    'alice passed by 4',
    'bob 4'
  ])
})

t.test('that the engine is away is said once each time', async (t) => {
  const { say, engine, log } = node()
  for (const isAway of [true, true, false, true]) {
    engine.isAway = isAway
    if (isAway) await t.rejects(say(), { code: 'PHX_ERR_HISTORY_UNAVAILABLE' })
    else await say()
  }
  t.same(log.messages('warn'), Array(2).fill('the histories of topics cannot be reached'))
})
