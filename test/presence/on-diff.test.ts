import t from 'tap'
import { Presence } from '../../lib/presence/presence.js'
import { FakeChannel, summary } from './helpers.js'

t.test('the application is told of every diff after it was broadcast', async (t) => {
  const channel = new FakeChannel('room:1')
  const told: unknown[] = []
  const presence = new Presence({
    onDiff(topic, { joins, leaves }) {
      told.push([topic, summary(joins), summary(leaves), channel.endpoint.told.length])
    }
  })
  presence.track(channel, 'ann', { n: 1 })
  await new Promise(setImmediate)
  presence.update(channel, 'ann', { n: 2 })
  await new Promise(setImmediate)
  channel.end()
  await new Promise(setImmediate)
  t.same(told, [
    ['room:1', { ann: [{ n: 1 }] }, {}, 1],
    ['room:1', { ann: [{ n: 2 }] }, { ann: [{ n: 1 }] }, 2],
    ['room:1', {}, { ann: [{ n: 2 }] }, 3]
  ])
})

for (const [how, onDiff] of Object.entries({
  throws() {
    throw new Error('broken')
  },
  rejects: () => Promise.reject(new Error('broken')),
  'throws what cannot be logged': () => {
    throw Object.defineProperty({}, 'message', {
      get() {
        throw new Error('unreadable')
      }
    })
  }
})) {
  t.test(`an onDiff that ${how} stops nothing`, async (t) => {
    const channel = new FakeChannel()
    const error = channel.log.error
    channel.log.error = (details, message) => {
      void (details as { err?: Error }).err?.message
      error(details, message)
    }
    const presence = new Presence({ onDiff })
    presence.track(channel, 'ann')
    presence.track(channel, 'bob', {}, 'room:2')
    await new Promise(setImmediate)
    presence.untrack(channel, 'ann')
    t.equal((await channel.endpoint.diffs()).length, 3)
    t.equal(channel.log.messages('error').length, 3)
    t.match(channel.log.messages('error')[0], 'onDiff of a presence failed')
  })
}
