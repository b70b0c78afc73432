import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { clusterAdapterCases } from '../../../lib/cluster/suite.js'
import { privateAddress } from '../../../lib/cluster/workers/private-address.js'
import { workers } from '../../../lib/cluster/workers/workers.js'

const program = fileURLToPath(new URL('../../fixtures/hub-process.js', import.meta.url))

for (const { name, needs, run } of clusterAdapterCases) {
  // What a hub has confirmed it does not forget: it is the memory of one process.
  if (needs.includes('deafen')) continue
  t.test(name, async (t) => {
    const { address, folder = '' } = privateAddress()
    let hub: ChildProcess
    const start = async (): Promise<void> => {
      rmSync(address, { force: true })
      hub = fork(program, [address])
      await once(hub, 'message')
    }
    const kill = async (): Promise<void> => {
      const ended = once(hub, 'exit')
      hub.kill('SIGKILL')
      await ended
    }
    let isFrozen = false
    await start()
    t.teardown(async () => {
      await kill()
      rmSync(folder, { recursive: true })
    })
    await run({
      adapter: () => workers({ address }),
      kill,
      freeze: () => {
        isFrozen = hub.kill('SIGSTOP')
      },
      restore: async () => {
        if (!isFrozen) return start()
        hub.kill('SIGCONT')
        isFrozen = false
      }
    })
  })
}
