import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Host } from '../../bench/lib/host.js'
import { type ClusterProcess, startClusterNodes } from '../fixtures/cluster-processes.js'
import type { EngineName } from '../fixtures/cluster-program.js'
import { noNats } from '../fixtures/nats-server.js'
import { loseIncoming, noNetwork, startHost, startOnHost } from '../fixtures/network.js'
import { noRedis } from '../fixtures/redis-server.js'
import { until } from '../fixtures/until.js'
import type { Seen } from '../fixtures/watcher.js'

// They wait most of the time.
t.jobs = 2

type Nodes = [ClusterProcess, ClusterProcess, ClusterProcess]

/** Longer than a node is waited for. */
const splitMs = 7_000

/** Nodes on hosts of their own, each with its way to an engine, and a client of each: user1, user2 and user3. */
async function nodesOn(t: Test, engine: EngineName, hosts: readonly Host[], addresses: readonly string[]) {
  const settings = addresses.map((address) => ({ engine, address }))
  const nodes = (await startClusterNodes(t, settings, hosts)) as Nodes
  await Promise.all(nodes.map((node, i) => node.request('watch', `user${i + 1}`)))
  await see(nodes, 'user1,user2,user3')
  return nodes
}

const seenAt = async (node: ClusterProcess): Promise<Seen> => (await node.request('watched'))[0] as Seen

/** Resolves when the first clients of these nodes see these users, and nobody else. */
const see = (nodes: readonly ClusterProcess[], names: string): Promise<void> =>
  until(async () => (await Promise.all(nodes.map(seenAt))).every((seen) => seen.names === names))

/** What the first client of a node was told of others than itself, since a place, sorted. */
async function toldSince(node: ClusterProcess, from: number): Promise<string[]> {
  return (await seenAt(node)).told.slice(from).sort()
}

const toldCounts = (nodes: readonly ClusterProcess[]): Promise<number[]> =>
  Promise.all(nodes.map(async (node) => (await seenAt(node)).told.length))

async function allHear(t: Test, nodes: Nodes, text: string): Promise<void> {
  for (const [i, node] of nodes.entries())
    await node.request('broadcast', 'room:1', 'said', { text: `${text} ${i}` })
  const expected = nodes.map((_, i) => `${text} ${i}`)
  const heard = async (): Promise<string[][]> =>
    (await Promise.all(nodes.map(seenAt))).map(({ said }) => said.filter((each) => each.startsWith(text)))
  await until(async () => (await heard()).every((said) => said.length >= nodes.length))
  for (const said of await heard()) t.same([...said].sort(), expected, `all hear all once ${text}`)
}

async function nothingWrong(t: Test, nodes: Nodes): Promise<void> {
  for (const node of nodes)
    for (const { wrong } of await node.request('watched')) t.same(wrong, [], 'nobody left who never joined')
}

t.test(
  'nodes that lose the way to Redis give no verdict; those that keep it do, and all agree when it is back',
  { skip: noNetwork() || noRedis() },
  async (t) => {
    const [engine, ...hosts] = await Promise.all([1, 2, 3, 4].map(() => startHost(t)))
    for (const [i, host] of hosts.entries())
      engine?.connect(`n${i}`, [`10.78.${i}.1/24`], host, 'eth', [`10.78.${i}.2/24`])
    const command = 'redis-server --bind 0.0.0.0 --protected-mode no --port 6379 --appendonly no --save'
    await startOnHost(t, engine as Host, [...command.split(' '), ''], /Ready to accept connections/)
    const addresses = hosts.map((_, i) => `redis://10.78.${i}.1:6379`)
    const nodes = await nodesOn(t, 'redis', hosts, addresses)
    const [first, second, third] = nodes
    /** Cuts these nodes off, and no others. */
    const split = (...cut: number[]): void => {
      loseIncoming(engine as Host, ...cut.map((i) => `n${i}`))
      for (const [i, host] of hosts.entries()) loseIncoming(host, ...(cut.includes(i) ? ['eth'] : []))
    }

    await t.test('two of three', async (t) => {
      const from = await toldCounts(nodes)
      split(1, 2)
      const since = performance.now()
      await first.request('watch', 'dan')
      await second.request('watch', 'eve')
      await second.request('broadcast', 'room:1', 'said', { text: 'unheard' })
      await see([first], 'dan,user1')
      await pause(splitMs - (performance.now() - since))
      t.equal((await seenAt(second)).names, 'eve,user1,user2,user3', 'its own clients are served')
      t.equal((await seenAt(third)).names, 'user1,user2,user3')
      split()
      const healed = performance.now()
      await see(nodes, 'dan,eve,user1,user2,user3')
      t.comment(`agree ${(performance.now() - healed).toFixed()} ms after it was healed`)
      await allHear(t, nodes, 'after two')
      const [ofFirst, ofSecond, ofThird] = await Promise.all(
        nodes.map((node, i) => toldSince(node, from[i] as number))
      )
      t.same(ofFirst, ['+dan', '+eve', '+user2', '+user3', '-user2', '-user3'])
      t.same(
        [ofSecond, ofThird],
        [
          ['+dan', '+eve'],
          ['+dan', '+eve']
        ]
      )
    })

    await t.test('one alone', async (t) => {
      const from = await toldCounts(nodes)
      split(0)
      await see([second, third], 'eve,user2,user3')
      t.equal((await seenAt(first)).names, 'dan,eve,user1,user2,user3')
      split()
      await see(nodes, 'dan,eve,user1,user2,user3')
      await allHear(t, nodes, 'after one')
      const told = await Promise.all(nodes.map((node, i) => toldSince(node, from[i] as number)))
      const both = ['+dan', '+user1', '-dan', '-user1']
      t.same(told, [[], both, both])
    })
    await nothingWrong(t, nodes)
  }
)

t.test(
  'both sides of a split NATS cluster go on alone, and agree when it is healed',
  { skip: noNetwork() || noNats() },
  async (t) => {
    const [one, other, ...hosts] = (await Promise.all([1, 2, 3, 4, 5].map(() => startHost(t)))) as [
      Host,
      Host
    ]
    one.connect('other', ['10.79.0.1/24'], other, 'one', ['10.79.0.2/24'])
    const places = [one, other, other] as const
    for (const [i, host] of (hosts as Host[]).entries())
      places[i]?.connect(`n${i}`, [`10.79.${i + 1}.1/24`], host, 'eth', [`10.79.${i + 1}.2/24`])
    for (const [i, host] of [one, other].entries()) {
      const config = join(t.testdir({}), `nats-${i}.conf`)
      const route = `nats://10.79.0.${i === 0 ? 2 : 1}:6222`
      writeFileSync(
        config,
        `cluster { name: phx, listen: "10.79.0.${i + 1}:6222", routes: ["${route}"], no_advertise: true }`
      )
      const command = ['nats-server', '-a', '0.0.0.0', '-p', '4222', '-c', config]
      await startOnHost(t, host, command, /Server is ready/)
    }
    const addresses = places.map((_, i) => `nats://10.79.${i + 1}.1:4222`)
    const nodes = await nodesOn(t, 'nats', hosts, addresses)
    const [first, second, third] = nodes
    const from = await toldCounts(nodes)

    loseIncoming(one, 'other')
    loseIncoming(other, 'one')
    await first.request('watch', 'dan')
    await second.request('watch', 'eve')
    await see([first], 'dan,user1')
    await see([second, third], 'eve,user2,user3')
    loseIncoming(one)
    loseIncoming(other)
    const healed = performance.now()
    await see(nodes, 'dan,eve,user1,user2,user3')
    t.comment(`agree ${(performance.now() - healed).toFixed()} ms after it was healed`)
    await allHear(t, nodes, 'after the split')
    const told = await Promise.all(nodes.map((node, i) => toldSince(node, from[i] as number)))
    t.same(told, [
      ['+dan', '+eve', '+user2', '+user3', '-user2', '-user3'],
      ['+dan', '+eve', '+user1', '-user1'],
      ['+dan', '+eve', '+user1', '-user1']
    ])
    await nothingWrong(t, nodes)
  }
)
