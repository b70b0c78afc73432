import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Measure } from '../../lib/measured-once.js'
import { quantile } from '../../lib/statistics.js'
import { type Node, Nodes } from './nodes.js'

const topic = 'room:polled'
/** A poll has arrived by then, and waits. */
const waitsMs = 10

/** What a poll answers. */
interface Answer {
  readonly status: number
  readonly token?: string
  readonly messages?: readonly string[]
}

/** A long-poll session of one node, whose requests may go to another one. */
class Session {
  readonly #agent = new Agent({ keepAlive: true })
  #token = ''

  /** Begins it on a node, and joins the topic. */
  async begin(node: Node): Promise<void> {
    this.#token = (await this.poll(node)).token ?? ''
    await this.post(node, ['1', '1', topic, 'phx_join', {}])
    await this.poll(node)
  }

  poll(node: Node): Promise<Answer> {
    return this.#ask(node, 'GET', '')
  }

  post(node: Node, message: readonly unknown[]): Promise<Answer> {
    return this.#ask(node, 'POST', JSON.stringify(message))
  }

  end(): void {
    this.#agent.destroy()
  }

  #ask({ server }: Node, method: 'GET' | 'POST', body: string): Promise<Answer> {
    const token = this.#token === '' ? '' : `&token=${this.#token}`
    const url = `${server.url.replace(/^ws/, 'http')}/bench/longpoll?vsn=2.0.0&user_id=poller${token}`
    const headers = method === 'POST' ? { 'content-type': 'application/x-ndjson' } : {}
    return new Promise((resolve, reject) => {
      const asking = request(url, { method, agent: this.#agent, headers }, async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve(JSON.parse(text) as Answer)
      })
      asking.on('error', reject)
      asking.end(body)
    })
  }
}

/** How much longer requests of long-poll take that do not reach the node of their session. */
export async function longpoll(quick: boolean): Promise<Measure[]> {
  const rounds = quick ? 1 : 3
  const count = quick ? 50 : 150
  return Nodes.with('redis', async (nodes) => {
    const [owner, other] = [await nodes.add(), await nodes.add()]
    const session = new Session()
    nodes.endsWith(() => session.end())
    await session.begin(owner)
    const polls: number[] = []
    const posts: number[] = []
    for (let round = -1; round < rounds; round++) {
      const times = { polls: [[], []] as [number[], number[]], posts: [[], []] as [number[], number[]] }
      for (let i = 0; i < count; i++) {
        for (const [way, node] of [owner, other].entries()) {
          times.polls[way]?.push(await timeOfPoll(session, owner, node))
          times.posts[way]?.push(await timeOfPost(session, owner, node))
        }
      }
      // The first one warms up.
      if (round < 0) continue
      const added = ([near, far]: [number[], number[]]): number => quantile(far, 0.5) - quantile(near, 0.5)
      polls.push(added(times.polls))
      posts.push(added(times.posts))
    }
    return [
      { name: 'added to a poll through the other node, Redis, p50', unit: 'ms', values: polls, atMost: 2 },
      { name: 'added to a POST through the other node, Redis, p50', unit: 'ms', values: posts, atMost: 2 }
    ]
  })
}

/** From a broadcast until the poll that waits for it is answered. */
async function timeOfPoll(session: Session, { commander }: Node, node: Node): Promise<number> {
  const polled = session.poll(node)
  await pause(waitsMs)
  const began = performance.now()
  void commander.order('publish', { topic, count: 1, text: 'sixteen bytes ok' })
  const { status, messages = [] } = await polled
  if (status !== 200 || messages.length !== 1) throw new Error(`a poll was answered ${status}`)
  return performance.now() - began
}

/** A message of the client, whose reply is polled for afterwards. */
async function timeOfPost(session: Session, owner: Node, node: Node): Promise<number> {
  const began = performance.now()
  const { status } = await session.post(node, [null, '2', 'phoenix', 'heartbeat', {}])
  const taken = performance.now() - began
  if (status !== 200) throw new Error(`a POST was answered ${status}`)
  await session.poll(owner)
  return taken
}
