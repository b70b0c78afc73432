import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { decodeEnvelope, encodeEnvelope } from '../../lib/cluster/envelope.js'
import { encodeOps } from '../../lib/presence/ops.js'
import { Presence } from '../../lib/presence/presence.js'
import { defaultSizes, type ReplicationSizes } from '../../lib/presence/sizes.js'
import { ModelNetwork } from '../fixtures/model-network.js'
import { ModelClient, ModelNode } from './model-node.js'

const topic = 'room:1'

/** Nodes that have met, and time that passes for all of them. */
async function nodesOf(t: Test, count: number, sizes: Partial<ReplicationSizes> = {}) {
  const network = new ModelNetwork()
  const nodes: ModelNode[] = []
  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < 5; quiet++) {
      if (network.deliver(10_000, () => 0) > 0) quiet = 0
      await turn()
    }
  }
  const start = async (): Promise<ModelNode> => {
    const node = new ModelNode(network, { ...defaultSizes, ...sizes }, true)
    nodes.push(node)
    void node.cluster.start()
    await settle()
    return node
  }
  for (let i = 0; i < count; i++) await start()
  t.teardown(async () => {
    for (const node of nodes) {
      for (const client of [...node.clients]) client.end()
      await node.end()
    }
  })
  return {
    network,
    nodes: nodes as [ModelNode, ModelNode, ModelNode],
    settle,
    start,
    async seconds(count: number): Promise<void> {
      for (let i = 0; i < count; i++) {
        for (const { clock } of nodes) clock.advance(1_000)
        await settle()
      }
    }
  }
}

function join(node: ModelNode, key: string, meta: object = {}): ModelClient {
  const client = new ModelClient(node, topic)
  client.track(key, meta)
  client.sync()
  return client
}

const keysOf = async ({ presence }: ModelNode): Promise<string> =>
  Object.keys(await presence.list(topic))
    .sort()
    .join()

/** What a node hears of presences from now on, by kind. */
function heard(node: ModelNode): string[] {
  const kinds: string[] = []
  const { deliver } = node.cluster
  node.cluster.deliver = (channel, bytes) => {
    const envelope = decodeEnvelope(bytes)
    const isOther = envelope.kind !== 'unknown' && envelope.publisher !== node.endpoint.node
    if (isOther && envelope.kind === 'signal' && envelope.name === 'presence') {
      kinds.push(/"kind":"(\w+)"/.exec(Buffer.from(envelope.body).toString())?.[1] ?? '?')
    }
    deliver.call(node.cluster, channel, bytes)
  }
  return kinds
}

t.test('a change goes out at once after a pause, and together with others within 50 ms', async (t) => {
  const { nodes, settle } = await nodesOf(t, 2)
  const [one, other] = nodes
  const kinds = heard(other)
  join(one, 'ann')
  one.clock.advance(0)
  await settle()
  t.equal(await keysOf(other), 'ann')
  for (const key of ['bob', 'cid', 'dan']) join(one, key)
  one.clock.advance(49)
  await settle()
  t.equal(await keysOf(other), 'ann')
  one.clock.advance(1)
  await settle()
  t.equal(await keysOf(other), 'ann,bob,cid,dan')
  t.same(kinds, ['ops', 'ops'])
})

t.test('a node that is silent leaves, and is shown again without a transfer', async (t) => {
  const { nodes, settle, seconds } = await nodesOf(t, 2)
  const [one, other] = nodes
  join(one, 'ann')
  const bob = join(other, 'bob')
  await seconds(1)
  const kinds = heard(other)
  one.adapter.group = 1
  await seconds(6)
  t.equal(await keysOf(other), 'bob')
  t.match(bob.held, /^bob: [^\n]*$/)
  one.adapter.group = 0
  await seconds(1)
  t.equal(await keysOf(other), 'ann,bob')
  t.match(bob.held, /ann: .*\nbob: /)
  t.same(kinds, [], 'nothing was sent')

  one.adapter.group = 1
  join(one, 'cid')
  await seconds(6)
  one.adapter.group = 0
  await seconds(1)
  t.equal(await keysOf(other), 'ann,bob,cid')
  t.same(kinds, ['ops'], 'what was missed was sent')

  one.adapter.group = 1
  await seconds(70)
  one.adapter.group = 0
  await seconds(1)
  await settle()
  t.equal(await keysOf(other), 'ann,bob,cid')
  t.same(kinds, ['ops', 'ask', 'ops'], 'it was forgotten, and all of it was sent')
})

t.test('a node that dies in the middle of its state leaves nothing behind', async (t) => {
  const { network, nodes, start, settle } = await nodesOf(t, 1, {
    keptOps: 2,
    partOps: 2,
    fewOps: 1,
    window: 2
  })
  const [owner] = nodes
  for (let i = 0; i < 20; i++) join(owner, `user${i}`)
  owner.clock.advance(0)
  await settle()
  const late = await start()
  t.equal((await keysOf(late)).split(',').length, 20)
  const doomed = new ModelClient(late, topic)
  doomed.sync()

  const later = new ModelNode(network, { ...defaultSizes, stepsATurn: 3 }, true)
  void later.cluster.start()
  const kinds = heard(later)
  while (kinds.filter((kind) => kind === 'state').length < 3) {
    network.deliver(1, () => 0)
    await turn()
  }
  t.equal(await keysOf(later), '', 'half of it is not shown')
  network.kill(owner.adapter, owner.endpoint.node, true)
  await settle()
  t.equal(await keysOf(later), '')
  t.equal(await keysOf(late), '')
  t.equal(doomed.held, '')
  t.same(later.problems, [])
  await later.end()
})

t.test('a part of a state that is lost has all of it sent again', async (t) => {
  const { network, nodes, seconds, settle } = await nodesOf(t, 1, { keptOps: 2, partOps: 2, fewOps: 1 })
  const [owner] = nodes
  for (let i = 0; i < 20; i++) join(owner, `user${i}`)
  owner.clock.advance(0)
  await settle()
  const late = new ModelNode(network, defaultSizes, true)
  void late.cluster.start()
  const kinds = heard(late)
  while (kinds.filter((kind) => kind === 'state').length < 3) {
    network.deliver(1, () => 0)
    await turn()
  }
  late.adapter.lose(1)
  await settle()
  t.equal(await keysOf(late), '')
  for (let i = 0; i < 4; i++) {
    late.clock.advance(1_000)
    await seconds(1)
  }
  t.equal((await keysOf(late)).split(',').length, 20)
  await late.end()
})

t.test('an engine that fails empties no room', async (t) => {
  const { network, nodes, seconds } = await nodesOf(t, 3)
  for (const [i, node] of nodes.entries()) join(node, `user${i}`)
  await seconds(1)
  network.set('down')
  await seconds(120)
  const [one] = nodes
  t.equal(await keysOf(one), 'user0,user1,user2')
  join(one, 'late')
  network.set('up')
  await seconds(2)
  for (const node of nodes) {
    t.equal(await keysOf(node), 'late,user0,user1,user2')
    t.same(node.problems, [])
  }
})

t.test('whatever another node sends, nothing breaks, and what is good of it is taken', async (t) => {
  const { network, nodes, settle, seconds } = await nodesOf(t, 2)
  const [one, other] = nodes
  const ann = join(one, '__proto__', { n: 1 })
  await seconds(1)
  const send = async (body: Uint8Array): Promise<void> => {
    const publisher = other.endpoint.node
    network.publish(other.adapter, 'c', encodeEnvelope({ kind: 'signal', publisher, name: 'presence', body }))
    await settle()
  }
  const op = (text: string, key = 'x') => ({ left: '', joined: { topic, key, text, meta: { phx_ref: '' } } })
  const head = { tracker: 'rooms', kind: 'ops', from: 0 }
  for (const broken of ['', '{', 'null', '[]', '{"tracker":"__proto__"}']) await send(Buffer.from(broken))
  await send(encodeOps({ ...head, from: -1 }, []))
  await send(encodeOps({ ...head, from: 'a' }, []))
  await send(encodeOps({ tracker: 'rooms', kind: 'ask', id: 1 }, []))
  await send(encodeOps({ tracker: 'rooms', kind: 'ask', id: 1, clock: 99 }, []))
  await send(encodeOps({ tracker: 'rooms', kind: 'state', id: 1, index: 0, clock: 4, isLast: true }, []))
  await send(encodeOps({ tracker: 'rooms', kind: 'newer' }, []))
  await send(encodeOps({ tracker: '__proto__', kind: 'ops', from: 0 }, []))
  const cutOff = encodeOps(head, [op('{"phx_ref":"a"}')])
  await send(cutOff.subarray(0, cutOff.length - 2))
  t.equal(await keysOf(one), '__proto__')
  const bad = [
    '',
    '{',
    '[]',
    'null',
    '7',
    '{}',
    '{"phx_ref":7}',
    '{"phx_ref":""}',
    '{"phx_ref":"a","s":"\\ud800"}'
  ]
  const good = ['toString', 'constructor', '__proto__'].map((key, i) => op(`{"phx_ref":"good${i}"}`, key))
  await send(encodeOps(head, [...bad.map((text) => op(text)), ...good, good[0] ?? op('')]))
  await send(encodeOps({ ...head, from: bad.length + 4 }, [{ left: 'nobody', joined: undefined }]))
  t.equal(await keysOf(one), '__proto__,constructor,toString')
  t.match(ann.held, 'toString: good0')
  t.match(one.log.messages('warn'), ['presences of another node could not be read'])
  t.match(one.log.messages('error')[0], 'a signal of another node could not be handled')
  t.same(one.problems, [])
})

t.test('without a name each node has presences of its own, and its log says so once', async (t) => {
  const { nodes, seconds } = await nodesOf(t, 2)
  const [one, other] = nodes
  const presence = new Presence()
  const client = new ModelClient(one, topic)
  presence.track(client, 'ann')
  presence.track(client, 'bob')
  presence.track(new ModelClient(other, topic), 'cid')
  await seconds(2)
  t.same(one.log.messages('warn'), ['a presence without a name shows the channels of its own node alone'])
  t.equal(other.log.messages('warn').length, 1)
})

t.test('a meta that no engine would carry stays on its node', async (t) => {
  const { nodes, seconds } = await nodesOf(t, 2)
  const [one, other] = nodes
  const ann = join(one, 'ann')
  join(one, 'bob')
  await seconds(1)
  ann.update('ann', { text: 'x'.repeat(2 ** 20) })
  await seconds(1)
  t.equal(await keysOf(one), 'ann,bob')
  t.equal(await keysOf(other), 'bob')
  t.equal(one.log.messages('error').length, 1)
})
