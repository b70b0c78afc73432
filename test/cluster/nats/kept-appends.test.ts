import { connect, type Msg } from '@nats-io/transport-node'
import t, { type Test } from 'tap'
import { type NatsEngine, nats } from '../../../lib/cluster/nats/nats.js'
import { noNats, startNats } from '../../fixtures/nats-server.js'

const skip = noNats()

const options = { size: 10, ttlMs: 60_000 }
const stream = {
  config: {
    subjects: ['phx.%kept.*'],
    republish: { src: 'phx.%kept.*', dest: 'phx.{{wildcard(1)}}' },
    num_replicas: 3
  }
}
const refusal = (err_code: number) => ({ error: { code: 400, err_code, description: 'made up' } })

/** A node at a server that has no JetStream but one that says what it is given: a newer one, or one that fails. */
async function start(t: Test, answers: { create?: object; append: (object | undefined)[] }) {
  const server = await startNats(t, '', { hasStreams: false })
  const other = await connect({ servers: server.url })
  t.teardown(() => other.close())
  const heard: Msg[] = []
  const answer = (subject: string, next: (msg: Msg) => object | undefined): void => {
    other.subscribe(subject, {
      callback: (_, msg) => {
        const said = next(msg)
        if (said !== undefined) msg.respond(JSON.stringify(said))
      }
    })
  }
  answer('$JS.API.STREAM.CREATE.phx_history', () => answers.create ?? stream)
  answer('$JS.API.STREAM.MSG.GET.phx_history', () => refusal(10_037))
  answer('phx.%kept.*', (msg) => {
    heard.push(msg)
    return answers.append.shift()
  })
  await other.flush()
  const engine = nats({ servers: server.url })
  t.teardown(() => engine.close())
  await engine.start({ deliver() {}, state() {} })
  return { engine, heard }
}

const append = ({ history }: NatsEngine, text: string, channel = 't:a') =>
  history?.append(channel, Buffer.from(text), options) ?? Promise.reject(new Error('no history'))

t.test('what is under way at a server with replicas is waited for', { skip }, async (t) => {
  const busy = [10_164, 10_158, 10_071].map(refusal)
  const { engine, heard } = await start(t, {
    create: { config: { ...stream.config, num_replicas: 1 } },
    append: [...busy, { stream: 'phx_history', seq: 7 }, { stream: 'phx_history', seq: 9 }]
  })
  const [first, second] = await Promise.all([append(engine, '1'), append(engine, '2')])
  t.match(first, { offset: 1 })
  t.same(second, { ...first, offset: 2 })
  const expected = heard.map(({ headers }) => headers?.get('Nats-Expected-Last-Subject-Sequence'))
  t.same(expected, ['0', '0', '0', '0', '7'])
})

t.test('a server that counts wrong with replicas is not used', { skip }, async (t) => {
  const { engine, heard } = await start(t, { append: [] })
  await t.rejects(append(engine, '1'), { message: /has replicas, which takes nats-server 2[.]10/ })
  t.equal(heard.length, 0)
})

t.test('one that says nothing may have taken it; what waits behind it is not sent', { skip }, async (t) => {
  const create = { config: { ...stream.config, num_replicas: 1 } }
  const { engine, heard } = await start(t, { create, append: [] })
  const outcomes = await Promise.allSettled([append(engine, '1'), append(engine, '2'), append(engine, '3')])
  const why = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.notDone)
  t.same(why, [undefined, 'not_sent', 'not_sent'])
  t.equal(heard.length, 1)
})

t.test('what a server refuses is named, and was not taken', { skip }, async (t) => {
  const create = { config: { ...stream.config, num_replicas: 1 } }
  const full = { error: { code: 503, err_code: 10_047, description: 'insufficient storage' } }
  const gone = { seq: 3, duplicate: true }
  const { engine } = await start(t, { create, append: [full, gone, gone, { seq: 4 }] })
  const [refused] = await Promise.allSettled([append(engine, '1')])
  t.match(refused, { reason: { message: /JetStream: insufficient storage/, notDone: 'refused' } })
  await t.rejects(append(engine, '2'), { message: /was taken, and it is gone/ })
  t.match(await append(engine, '3'), { offset: 1 })
})

t.test('too much does not wait', { skip }, async (t) => {
  const server = await startNats(t)
  const engine = nats({ servers: server.url, outboxBytes: 10_000 })
  t.teardown(() => engine.close())
  await engine.start({ deliver() {}, state() {} })
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, () => append(engine, 'x'.repeat(1_000)))
  )
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
  t.ok(failed.length >= 10 && failed.length < 15, `${failed.length}`)
  for (const { reason } of failed) t.match(reason, { message: /too much waits/, notDone: 'not_sent' })
})
