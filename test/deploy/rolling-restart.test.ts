import t, { type Test } from 'tap'
import { noBalancer, startBalancer } from '../fixtures/balancers.js'
import { freePort } from '../fixtures/free-port.js'
import { program, type RunningServer, startServer } from '../fixtures/server-process.js'
import { SteadyClients } from '../fixtures/steady-clients.js'
import { until } from '../fixtures/until.js'

const secret = 'a secret that all nodes of the deployment share'

const hooks = {
  'steady.js': `
    import { setTimeout } from 'node:timers/promises'
    export const later = (_call, value, ms) => setTimeout(ms, value)
  `
}

/** Of the file, as each test's own is what its balancer has. */
const folder = t.testdir(hooks)

const none = { count: 0, windowMs: 1 }

function startNode(t: Test, port: number, env: Record<string, string> = {}): Promise<RunningServer> {
  const limits = { events: none, joins: none, connects: none, dataChannelMessages: none }
  return startServer(t, program, {
    env: {
      PORT: `${port}`,
      TOKEN_SECRET: secret,
      DEV_LOGIN: 'on',
      HOOKS_DIR: folder,
      WEBRTC_BIND: '127.0.0.1',
      LIMITS: JSON.stringify(limits),
      ...env
    }
  })
}

async function startClients(t: Test, port: number): Promise<SteadyClients> {
  const clients = new SteadyClients(t, `http://127.0.0.1:${port}`, secret)
  for (let i = 0; i < 4; i++) {
    await clients.callHooks(`c${i}`, 'channel', 4)
    await clients.callHooks(`d${i}`, 'datachannel', 4)
  }
  clients.connect()
  clients.connectFromAfar()
  clients.ask('GET', '/healthz')
  clients.ask('POST', '/dev/token', { user_id: 'alice' })
  return clients
}

for (const balancer of ['nginx', 'haproxy', 'caddy'] as const) {
  t.test(
    `nodes behind ${balancer} are restarted one after the other, and nothing fails`,
    { skip: noBalancer(balancer) },
    async (t) => {
      const ports = [await freePort(), await freePort()]
      const nodes = await Promise.all(ports.map((port) => startNode(t, port)))
      const clients = await startClients(t, await startBalancer(t, balancer, ports))
      for (const [index, node] of nodes.entries()) {
        await clients.goOn()
        node.child.kill('SIGTERM')
        t.equal(await node.ended, 0)
        const next = await startNode(t, Number(ports[index]))
        // The balancer has to know that it is back before the other one goes.
        await until(() => next.stderr().includes('/socket/websocket'))
        await clients.goOn()
      }
      await clients.stop()
      t.same(clients.failures, [])
    }
  )
}

t.test('workers are replaced one after the other, and nothing fails', async (t) => {
  const server = await startNode(t, 0, { WORKERS: '2' })
  const clients = await startClients(t, server.port)
  await replaceWorkers(server)
  await clients.goOn()
  await clients.stop()
  t.same(clients.failures, [])
  server.child.kill('SIGTERM')
  t.equal(await server.ended, 0)
})

t.test('workers without clients are drained too when they are replaced', async (t) => {
  const server = await startNode(t, 0, { WORKERS: '2' })
  await replaceWorkers(server)
  server.child.kill('SIGTERM')
  t.equal(await server.ended, 0)
})

/** Resolves when each of two has drained and is gone. */
async function replaceWorkers(server: RunningServer): Promise<void> {
  const drained = (): number[] =>
    [...server.stderr().matchAll(/"pid":(\d+).*SIGTERM: draining/g)].map(([, pid]) => Number(pid))
  server.child.kill('SIGHUP')
  await until(() => drained().length === 2)
  await until(() => drained().every((pid) => !isAlive(pid)))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
