import cluster from 'node:cluster'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import t from 'tap'

t.test('a worker of node:cluster that joins no cluster is warned', async (t) => {
  cluster.setupPrimary({ exec: fileURLToPath(new URL('../../fixtures/lone-worker.js', import.meta.url)) })
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
