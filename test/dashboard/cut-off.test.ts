import t from 'tap'
import { diagnostics } from '../../lib/diagnostics/diagnostics.js'
import { connectPhoenix, join, next, push } from '../fixtures/phoenix-client.js'
import { open, openAdmin, startWatched } from './helpers.js'

t.test('who was cut off stands among the refusals, of this node alone', async (t) => {
  const { base } = await startWatched(t)
  const admin = openAdmin(t, base)
  const { node: own } = (await open(admin, 'overview')).reply.response
  const { channel } = await open(admin, 'refusals')
  const pushed = next(channel, 'refusals')
  for (const node of ['another', own]) {
    const socket = { id: `sloth of ${node}`, transport: 'websocket', path: '/socket', node } as const
    diagnostics.slowClient.publish({ socket, waiting: 9_000_000, why: 'it takes nothing' })
    diagnostics.mailboxFull.publish({ socket, topic: 'room:a', pattern: 'room:*' })
  }
  const { counts, recent } = await pushed
  t.same(counts, { slowClient: 1, mailboxFull: 1 })
  t.match(recent, [
    { kind: 'mailboxFull', words: /limits\.mailboxMessages/, details: { topic: 'room:a' } },
    {
      kind: 'slowClient',
      words: /limits\.queuedBytes/,
      details: { id: /^sloth of (?!another)/, waiting: 9_000_000 }
    }
  ])
})

t.test('a list is of one node, where one is named', async (t) => {
  const { base, url } = await startWatched(t)
  await join(connectPhoenix(t, url, { params: { user_id: 'ann' } }).channel('room:a'))
  const admin = openAdmin(t, base)
  const { response } = (await open(admin, 'overview')).reply
  for (const view of ['sockets', 'topics']) {
    const { channel, reply } = await open(admin, view, { node: response.node })
    t.equal(reply.response.total, 1, view)
    t.same((await push(channel, 'look', { node: 'elsewhere' })).response.rows, [])
    t.match((await push(channel, 'look', { node: 1 })).response, {
      reason: 'invalid_look',
      message: /^node must/
    })
  }
})
