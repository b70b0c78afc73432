import cluster from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { Departing } from '../../../lib/cluster/workers/departing.js'

cluster.setupPrimary({ exec: fileURLToPath(new URL('../../fixtures/lone-worker.js', import.meta.url)) })

t.test('a worker of node:cluster that joins no cluster is warned', async (t) => {
  const worker = cluster.fork()
  const ended = once(worker, 'exit')
  const lines: { level: number; msg: string }[] = []
  worker.on('message', (line) => void lines.push(line))
  await once(worker, 'listening')
  t.match(
    lines.filter(({ level }) => level === 40).map(({ msg }) => msg),
    [/without the option cluster/]
  )
  worker.process.kill('SIGKILL')
  await ended
})

t.test('one without clients that is replaced waits for the signal that drains it', async (t) => {
  const worker = cluster.fork()
  const ended = once(worker, 'exit')
  await once(worker, 'listening')
  worker.send(Departing.one)
  worker.disconnect()
  await once(worker, 'disconnect')
  // As long as a primary waits for clients that have just connected.
  await Promise.race([ended, sleep(500)])
  worker.process.kill('SIGTERM')
  t.same(await ended, [null, 'SIGTERM'])
})
