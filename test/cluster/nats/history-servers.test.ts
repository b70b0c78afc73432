import t from 'tap'
import { nats } from '../../../lib/cluster/nats/nats.js'
import { historyCases } from '../../../lib/cluster/suite-history.js'
import { startNatsPair } from '../../fixtures/nats-pair.js'
import { noNats } from '../../fixtures/nats-server.js'
import { until } from '../../fixtures/until.js'

const skip = noNats()

t.test('nodes at servers of one cluster, of which one has the stream', { skip }, async (t) => {
  const pair = await startNatsPair(t, { hasStreams: true })
  const first = nats({ servers: pair[0].url })
  t.teardown(() => first.close())
  await first.start({ deliver() {}, state() {} })
  const isReady = () =>
    first.history?.read('t:a', { limit: 0, ttlMs: 1 }).then(
      () => true,
      () => false
    )
  await until(isReady)
  let turn = 0
  for (const { name, run } of historyCases.filter(({ needs }) => needs.length === 0)) {
    await t.test(name, () =>
      run({ adapter: () => nats({ servers: pair[turn++ % 2]?.url ?? '', ignoreClusterUpdates: true }) })
    )
  }
})
