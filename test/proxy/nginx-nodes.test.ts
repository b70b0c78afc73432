import type { Channel } from 'phoenix'
import t, { type Test } from 'tap'
import { startEngine } from '../fixtures/cluster-engines.js'
import { type ClusterProcess, startClusterNodes } from '../fixtures/cluster-processes.js'
import { noNginx, runNginx } from '../fixtures/nginx.js'
import { connectPhoenix, join, push } from '../fixtures/phoenix-client.js'
import { joinPushOf } from '../fixtures/phoenix-internals.js'
import { until } from '../fixtures/until.js'

const skip = noNginx()

/** An nginx before all of them that knows nothing of sessions: each request goes to the next one. */
async function behindNginx(t: Test, nodes: readonly ClusterProcess[]): Promise<string> {
  const servers = nodes.map(({ port }) => `server 127.0.0.1:${port};`).join(' ')
  const port = await runNginx(
    t,
    (own) => `
  upstream nodes { ${servers} keepalive 8; }
  server {
    listen 127.0.0.1:${own};
    client_max_body_size 8m;
    location / {
      proxy_pass http://nodes;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_next_upstream error timeout http_503;
    }
  }`
  )
  return `http://127.0.0.1:${port}/socket`
}

/** A member that hears what is shouted: what it heard since it joined last. */
class Member {
  readonly channel: Channel
  heard: number[] = []
  /** The process that holds its session. */
  pid: number | undefined

  constructor(t: Test, url: string, userId: string) {
    const params = { user_id: userId }
    this.channel = connectPhoenix(t, url, { transport: 'longpoll', timeout: 5_000, params }).channel('room:a')
    this.channel.on('said', ({ n }) => void this.heard.push(n))
  }

  async join(): Promise<void> {
    await join(this.channel)
    joinPushOf(this.channel).receive('ok', ({ pid }: { pid: number }) => {
      this.pid = pid
      this.heard = []
    })
  }
}

t.test(
  'phoenix.js behind an nginx without sticky sessions, while nodes are killed and drained',
  { skip },
  async (t) => {
    const { address } = await startEngine(t, 'workers')
    const nodes = await startClusterNodes(t, Array(3).fill({ engine: 'workers', address }))
    const url = await behindNginx(t, nodes)
    const members = Array.from({ length: 8 }, (_, i) => new Member(t, url, `user${i}`))
    for (const member of members) await member.join()
    const [speaker] = members as [Member]
    let n = 0
    const shout = (): void => void speaker.channel.push('say', { n: ++n })

    for (let i = 0; i < 100; i++) shout()
    await until(() => members.every(({ heard }) => heard.length >= 100))
    for (const { heard } of members)
      t.same(
        heard,
        [...Array(100).keys()].map((i) => i + 1)
      )
    t.ok(new Set(members.map(({ pid }) => pid)).size > 1, 'sessions are on several nodes')

    let isOver = false
    const load = members.map(async ({ channel }) => {
      while (!isOver) await push(channel, 'ping', { fill: 'x'.repeat(1000) })
    })
    const end = async (node: ClusterProcess, isDrained: boolean): Promise<void> => {
      if (isDrained) await node.request('drain')
      await node.kill()
      await until(async () => {
        shout()
        await push(speaker.channel, 'ping')
        return members.every(({ pid, heard }) => pid !== node.child.pid && heard.at(-1) === n)
      })
      // A shout whose POST met a node that ended is heard by nobody.
      const all = [...new Set(members.flatMap(({ heard }) => heard))].sort((x, y) => x - y)
      for (const { heard } of members) {
        const expected = all.slice(all.indexOf(Number(heard[0])))
        t.same(heard, expected, 'since it joined, everybody has heard each once and in order')
      }
    }
    const last = members.at(-1)
    const killed = nodes.find(({ child }) => child.pid === last?.pid) as ClusterProcess
    await end(killed, false)
    const drained = nodes.find(({ child }) => child.pid === last?.pid) as ClusterProcess
    await end(drained, true)
    isOver = true
    await Promise.all(load)
  }
)
