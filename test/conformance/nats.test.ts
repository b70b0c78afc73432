import t from 'tap'
import { nats } from '../../lib/cluster/nats/nats.js'
import { clusterConforms } from '../fixtures/conformance.js'
import { noNats, startNats } from '../fixtures/nats-server.js'

t.test(
  'clients that are spread over three nodes through NATS are answered as by one Phoenix',
  { skip: noNats() },
  async (t) => {
    const { url } = await startNats(t)
    await clusterConforms(t, () => nats({ servers: url }))
  }
)
