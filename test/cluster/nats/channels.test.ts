import t from 'tap'
import { nats } from '../../../lib/cluster/nats/nats.js'
import { clusterChannelCases } from '../../fixtures/cluster-channel-cases.js'
import { noNats, startNats } from '../../fixtures/nats-server.js'

const problem = noNats()

if (problem) t.pass(`skipped: ${problem}`)
else {
  const { url } = await startNats(t)
  clusterChannelCases(t, () => nats({ servers: url }))
}
