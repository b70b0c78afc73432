import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { devToken } from '../fixtures/dev-token.js'
import { join, openPhoenix, push } from '../fixtures/phoenix-client.js'
import { program, spawnServer, startServer } from '../fixtures/server-process.js'
import { until } from '../fixtures/until.js'

/** A hook that says which process it ran in. */
const whichProcess = {
  'which.js': `
    import { workerNumber } from '${new URL('../../lib/cluster/workers/worker-number.js', import.meta.url)}'
    export const worker = () => workerNumber()
    export const environment = () => Object.keys(process.env).filter(name => name.includes('WORKER_CONFIG'))
  `
}

t.test('workers share the port and the secret, and one line says that they listen', async (t) => {
  const server = await startServer(t, program, {
    args: ['--workers', '2', '--hooks', t.testdir(whichProcess)]
  })
  t.match(server.stdout(), /^listening on http:\/\/127\.0\.0\.1:\d+\n$/)
  const token = await devToken(server.url, 'alice')
  const found = new Set<unknown>()
  // Connections go to one worker after the other.
  for (let count = 0; count < 2; count++) {
    const socket = openPhoenix(`${server.url}/socket`, { params: { token } })
    t.teardown(() => socket.disconnect())
    const channel = socket.channel('user:alice')
    t.equal((await join(channel)).status, 'ok')
    const call = async (fn: string): Promise<unknown> =>
      (await push(channel, 'call_hook', { plugin: 'which', fn, args: [] })).response
    found.add(JSON.stringify(await call('worker')))
    t.same(await call('environment'), { data: [] }, 'the secret is out of the environment')
  }
  t.same([...found].sort(), ['{"data":0}', '{"data":1}'])
  server.child.kill('SIGTERM')
  t.equal(await server.ended, 0)
  t.match(server.stdout(), /^[^\n]*\n$/, 'and nothing more')
})

t.test('SIGHUP replaces the workers, and SIGINT ends them', async (t) => {
  const server = await startServer(t, program, { env: { WORKERS: '2' } })
  const listens = (): number => server.stderr().split('a worker listens').length - 1
  t.equal(listens(), 2)
  server.child.kill('SIGHUP')
  while (listens() < 4) await once(server.child.stderr as NodeJS.ReadableStream, 'data')
  // A worker that ends may have taken the connection.
  const serves = () =>
    fetch(`${server.url}/healthz`).then(
      ({ ok }) => ok,
      () => false
    )
  await until(serves)
  server.child.kill('SIGINT')
  t.equal(await server.ended, 0)
})

t.test('what is wrong with all workers is said once', async (t) => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const port = `${(other.address() as AddressInfo).port}`
  const server = spawnServer(t, program, { env: { PORT: port, WORKERS: '3' } })
  t.equal(await server.ended, 1)
  t.equal(server.stdout(), '')
  t.equal(server.stderr(), `fastify-phoenix: PORT: port ${port} of 127.0.0.1 is in use\n`)
})

t.test('each worker has a UDP port of its own', async (t) => {
  const other = createSocket('udp4').bind(0)
  await once(other, 'listening')
  t.teardown(() => other.close())
  const udpPort = other.address().port - 1
  const server = spawnServer(t, program, { args: ['--workers', '2', '--webrtc-udp-port', `${udpPort}`] })
  t.equal(await server.ended, 1)
  t.match(server.stderr(), new RegExp(`--webrtc-udp-port: .*${udpPort + 1}.* in use`), 'which was tried')
})

t.test('a number of workers that is none is named', async (t) => {
  for (const workers of ['0', 'many', '-1', '1.5']) {
    const server = spawnServer(t, program, { env: { WORKERS: workers } })
    t.equal(await server.ended, 1)
    t.match(server.stderr(), /^fastify-phoenix: WORKERS must be a number from 1 to 999 or auto/)
  }
  const server = spawnServer(t, program, { args: ['--workers', '4', '--webrtc-udp-port', '65533'] })
  t.equal(await server.ended, 1)
  t.match(server.stderr(), /--webrtc-udp-port leaves no port for each of 4 workers/)
})
