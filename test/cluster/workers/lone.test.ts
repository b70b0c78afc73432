import cluster, { type Worker } from 'node:cluster'
import { on, once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { WebSocket } from 'ws'
import { Departing } from '../../../lib/cluster/workers/departing.js'
import { drainedStatus } from '../../fixtures/drained-status.js'

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
  t.same(await ended, [drainedStatus, null])
})

t.test('one that is replaced waits for the request of a client that has connected', async (t) => {
  const worker = cluster.fork()
  const ended = once(worker, 'exit')
  const [{ port }] = await once(worker, 'listening')
  worker.send(Departing.one)
  const connection = connect(port, '127.0.0.1')
  t.teardown(() => connection.destroy())
  await said(worker, 'connected')
  worker.disconnect()
  worker.process.kill('SIGTERM')
  await said(worker, 'draining')
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket/websocket?vsn=2.0.0`, {
    createConnection: () => connection
  })
  await once(socket, 'open')
  const [code] = await once(socket, 'close')
  t.equal(code, 1012)
  t.same(await ended, [drainedStatus, null])
})

async function said(worker: Worker, what: string): Promise<void> {
  for await (const [{ msg }] of on(worker, 'message')) if (msg === what) return
}
