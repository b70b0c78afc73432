import t from 'tap'
import { Presence } from '../../plugins/phoenix.js'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { presentRoom } from '../fixtures/rooms.js'
import { open, openAdmin, startWatched } from './helpers.js'

for (const name of ['room', undefined]) {
  t.test(`presences of a tracker ${name === undefined ? 'without a name' : 'with a name'}`, async (t) => {
    const presence = new Presence(name === undefined ? {} : { name })
    const { base, url } = await startWatched(t, undefined, { channels: { 'room:*': presentRoom(presence) } })
    for (const user of ['ann', 'bob', 'ann']) {
      const channel = connectPhoenix(t, url, { params: { user_id: user } }).channel('room:1')
      await join(channel)
      await push(channel, 'say', {})
    }
    const { channel, reply } = await open(openAdmin(t, base), 'topics', { query: 'ROOM', sort: 'presences' })
    t.match(reply.response, { rows: [{ topic: 'room:1', members: 3, presences: 2, nodes: 1 }] })
    t.ok(reply.response.rows[0].broadcasts >= 3)
    const shown = await push(channel, 'show', { topic: 'room:1' })
    t.match(shown.response, {
      presences100: [
        { key: 'ann', metas: 2, meta: { phx_ref: String } },
        { key: 'bob', metas: 1 }
      ]
    })
    t.equal(shown.response.members100.length, 3)
    t.equal((await push(channel, 'look', { query: 'nowhere' })).response.total, 0)
  })
}

t.test('a client of long-polling has its row', async (t) => {
  const { base, url } = await startWatched(t)
  const client = connectPhoenix(t, url.replace('ws', 'http'), {
    transport: 'longpoll',
    params: { user_id: 'ann' }
  })
  await join(client.channel('room:1'))
  const { reply } = await open(openAdmin(t, base), 'sockets')
  t.match(reply.response.rows, [{ transport: 'longpoll', channels: 1, address: '127.0.0.1' }])
})
