/** Socket.IO with its adapter for node:cluster, as its documentation has it: a worker that publishes, and another one. */
import cluster from 'node:cluster'
import { createAdapter, setupPrimary } from '@socket.io/cluster-adapter'
import { Server } from 'socket.io'
import { onStopSignal } from '../lib/program.js'
import { runPublisher } from '../lib/publisher-program.js'

if (cluster.isPrimary) {
  setupPrimary()
  // What the runner asks of the primary is no message for a worker.
  cluster.setupPrimary({ execArgv: [] })
  cluster.fork({ PUBLISHES: 'yes' })
  cluster.fork()
  onStopSignal(() => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill()
  })
} else {
  // Workers whose primary was killed must not stay behind.
  process.on('disconnect', () => process.exit(1))
  const io = new Server({ adapter: createAdapter() })
  if (process.env.PUBLISHES === 'yes') await runPublisher((text) => void io.to('room').emit('said', { text }))
}
