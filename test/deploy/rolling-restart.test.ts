import t, { type Test } from 'tap'
import { type BalancerName, noBalancer, startBalancer } from '../fixtures/balancers.js'
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

async function startNode(t: Test, port: number): Promise<RunningServer> {
  return startServer(t, program, {
    env: {
      PORT: String(port),
      TOKEN_SECRET: secret,
      DEV_LOGIN: 'on',
      HOOKS_DIR: folder,
      WEBRTC_BIND: '127.0.0.1',
      LIMITS: JSON.stringify({
        events: { count: 0, windowMs: 1 },
        dataChannelMessages: { count: 0, windowMs: 1 },
        connects: { count: 0, windowMs: 1 },
        joins: { count: 0, windowMs: 1 }
      })
    }
  })
}

for (const balancer of ['nginx', 'haproxy', 'caddy'] as BalancerName[]) {
  t.test(
    `nodes behind ${balancer} are restarted one after the other, and nothing fails`,
    { skip: noBalancer(balancer) },
    async (t) => {
      const ports = [await freePort(), await freePort()]
      const nodes = await Promise.all(ports.map((port) => startNode(t, port)))
      const port = await startBalancer(t, balancer, ports)
      const clients = new SteadyClients(t, `http://127.0.0.1:${port}`, secret)
      for (let i = 0; i < 4; i++) {
        await clients.callHooks(`c${i}`, 'channel', 4)
        await clients.callHooks(`d${i}`, 'datachannel', 4)
      }
      clients.connect()
      clients.ask('GET', '/healthz')
      clients.ask('POST', '/dev/token', { user_id: 'alice' })
      for (const [index, node] of nodes.entries()) {
        const before = { ...clients.done }
        const goesOn = () =>
          until(() => Object.entries(clients.done).every(([what, count]) => count > (before[what] ?? 0) + 5))
        await goesOn()
        node.child.kill('SIGTERM')
        t.equal(await node.ended, 0)
        
        const again = await startNode(t, ports[index] as number)
        t.ok(again.port)
        Object.assign(before, clients.done)
        await goesOn()
      }
      await clients.stop()
      t.comment(JSON.stringify(clients.done))
      t.same(clients.failures, [])
    }
  )
}
