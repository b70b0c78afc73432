import t from 'tap'
import { nats } from '../../../lib/cluster/nats/nats.js'
import { clusterChannelCases } from '../../fixtures/cluster-channel-cases.js'
import { noNats, startNats } from '../../fixtures/nats-server.js'

const skip = noNats()
if (skip !== false) t.plan(0, skip)
else {
  const { url } = await startNats(t)
  clusterChannelCases(t, () => nats({ servers: url }))
}
