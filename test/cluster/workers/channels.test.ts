import t from 'tap'
import { startHub } from '../../../lib/cluster/workers/hub.js'
import { workers } from '../../../lib/cluster/workers/workers.js'
import { clusterChannelCases } from '../../fixtures/cluster-channel-cases.js'

const hub = await startHub()
t.teardown(() => hub.close())
clusterChannelCases(t, () => workers({ address: hub.address }))
