import t from 'tap'
import { startHub } from '../../lib/cluster/workers/hub.js'
import { workers } from '../../lib/cluster/workers/workers.js'
import { clusterConforms } from '../fixtures/conformance.js'

const hub = await startHub()
t.teardown(() => hub.close())

t.test('clients that are spread over three nodes of a machine are answered as by one Phoenix', async (t) => {
  await clusterConforms(t, () => workers({ address: hub.address }))
})
