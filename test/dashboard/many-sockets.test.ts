import t from 'tap'
import type { DashboardHost } from '../../lib/dashboard/host.js'
import { SocketList } from '../../lib/dashboard/sockets.js'
import { Walk } from '../../lib/dashboard/walk.js'
import { EndpointServer } from '../../lib/endpoint/endpoint-server.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const count = 20_000

t.test('a search among 20,000 sockets leaves turns to others, and keeps a hundred', async (t) => {
  const clock = new FakeClock()
  const sockets = new Set(
    Array.from({ length: count }, (_, number) => ({
      number,
      since: number,
      channels: new Map(),
      // A look at one takes a microsecond.
      get id() {
        clock.advance(0.001)
        return `user_socket:user-${number}`
      }
    }))
  )
  const endpoint = new EndpointServer()
  const list = new SocketList({ endpoint, clock, mounts: [{ sockets }] } as unknown as DashboardHost)
  let turns = 0
  const walk = new Walk(clock, async () => {
    turns++
    // Somebody goes and somebody comes meanwhile.
    const [first] = sockets
    if (first !== undefined) sockets.delete(first)
  })
  const look = { query: 'user-1', sort: 'since', page: 0, node: '' }
  const { total, found } = await list.find(look, 100, walk)
  t.ok(turns >= 9, `${turns} turns of others`)
  t.equal(total, 11_111)
  t.equal(found.length, 100)
  t.same(found[0], [19_999, 19_999])
})
