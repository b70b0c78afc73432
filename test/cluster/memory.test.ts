import t from 'tap'
import { MemoryEngine } from '../../lib/cluster/memory.js'
import { clusterAdapterCases, type SuiteWorld } from '../../lib/cluster/suite.js'

function worldOf(engine: MemoryEngine): SuiteWorld {
  return {
    adapter: () => engine.adapter(),
    kill: () => engine.kill(),
    freeze: () => engine.freeze(),
    restore: () => engine.restore(),
    deafen: (adapter) => engine.deafen(adapter)
  }
}

for (const { name, run } of clusterAdapterCases) {
  t.test(name, () => run(worldOf(new MemoryEngine())))
}
