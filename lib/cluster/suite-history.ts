import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { EngineHistory, EngineQuery, EngineSlice } from './adapter.js'
import { withFields } from './kept-fields.js'
import {
  type ClusterAdapterCase,
  clusterCase,
  type Scene,
  type SuiteNode,
  toBytes,
  toText
} from './suite-world.js'

const kept = { size: 1_000, ttlMs: 600_000 }
const all = { limit: 10_000, ttlMs: 600_000 }

/** A name that no other case has: some run them all with one engine. */
const fresh = (): string => `t:${randomBytes(9).toString('base64url')}`

interface Keeper {
  readonly node: SuiteNode
  readonly history: EngineHistory
}

/** New nodes, subscribed to a channel; none where the adapter has no history, which is no fault. */
async function keepersOf(scene: Scene, count: number, channel: string): Promise<Keeper[]> {
  const keepers: Keeper[] = []
  for (let i = 0; i < count; i++) {
    const node = await scene.node(channel)
    const { history } = node.adapter
    if (history !== undefined) keepers.push({ node, history })
  }
  assert.ok(
    keepers.length === 0 || keepers.length === count,
    'all adapters of an engine have histories, or none'
  )
  return keepers
}

/** Appends texts that are the numbers from 1. */
async function say(history: EngineHistory, channel: string, count: number, options = kept): Promise<void> {
  for (let n = 1; n <= count; n++) await history.append(channel, toBytes(`${n}`), options)
}

const offsetsOf = ({ messages }: EngineSlice): number[] => messages.map(({ offset }) => offset)
const from = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)

/** What adapters that keep histories do with them. */
export const historyCases: readonly ClusterAdapterCase[] = [
  clusterCase('what many append at once has one order, and all nodes hear it', [], async (scene) => {
    const channel = fresh()
    const keepers = await keepersOf(scene, 3, channel)
    if (keepers.length === 0) return
    const sent: { text: string; epoch: string; offset: number }[] = []
    const appending = keepers.map(({ history }, k) =>
      from(1, 100).map(async (n) => {
        const text = `${k} ${n}`
        sent.push({ text, ...(await history.append(channel, toBytes(text), kept)) })
      })
    )
    await scene.inTime('append', Promise.all(appending.flat()))
    sent.sort((one, other) => one.offset - other.offset)
    assert.deepEqual(
      sent.map(({ offset }) => offset),
      from(1, 300)
    )
    assert.equal(new Set(sent.map(({ epoch }) => epoch)).size, 1, 'the epoch is one')
    for (const k of keepers.keys()) {
      const own = sent.filter(({ text }) => text.startsWith(`${k} `)).map(({ text }) => text)
      assert.deepEqual(
        own,
        from(1, 100).map((n) => `${k} ${n}`),
        'those of one node keep their order'
      )
    }
    const heard = sent.map(({ text, epoch, offset }) =>
      toText(withFields(toBytes(text), { position: `${offset} ${epoch}` }))
    )
    for (const { node, history } of keepers) {
      await scene.until('all arrive', () => node.received.length >= 300)
      // Nearly in their order: a node reads what is missing ahead of one that comes early.
      assert.deepEqual(node.texts(channel).sort(), [...heard].sort())
      const { epoch, offset, messages } = await history.read(channel, all)
      assert.deepEqual({ epoch, offset }, { epoch: sent[0]?.epoch, offset: 300 })
      assert.deepEqual(
        messages.map(({ bytes }) => toText(bytes)),
        sent.map(({ text }) => text)
      )
    }
  }),

  clusterCase('a key is one message, whoever appends it', [], async (scene) => {
    const channel = fresh()
    const [one, other] = await keepersOf(scene, 2, channel)
    if (one === undefined || other === undefined) return
    const options = { ...kept, size: 1, key: 'a key: Ä\r\n' }
    const [first, second] = await Promise.all(
      [one, other].map(({ history }) => history.append(channel, toBytes('once'), options))
    )
    assert.deepEqual(second, first)
    assert.equal(first?.offset, 1)
    await say(one.history, channel, 50, { ...kept, size: 1 })
    assert.deepEqual(
      await other.history.append(channel, toBytes('once'), options),
      first,
      'also when it has gone'
    )
    const elsewhere = await one.history.append(`${channel} 2`, toBytes('once'), options)
    assert.notEqual(elsewhere.epoch, first?.epoch, 'of another channel it is another one')
    assert.deepEqual(offsetsOf(await one.history.read(channel, all)), [51])
  }),

  clusterCase('as many are kept as are to be, and read from any of them', [], async (scene) => {
    const channel = fresh()
    const [one, other] = await keepersOf(scene, 2, channel)
    if (one === undefined || other === undefined) return
    const size = 700
    const { epoch } = await one.history.append(channel, toBytes('1'), { ...kept, size })
    await Promise.all(
      from(2, 1_000).map((n) => one.history.append(channel, toBytes(`${n}`), { ...kept, size }))
    )
    const read = async (query: Omit<EngineQuery, 'ttlMs'>, expected: number[]): Promise<void> => {
      const slice = await other.history.read(channel, { ...query, ttlMs: kept.ttlMs })
      assert.deepEqual({ epoch: slice.epoch, offset: slice.offset }, { epoch, offset: 1_000 })
      assert.deepEqual(offsetsOf(slice), expected, JSON.stringify(query))
      for (const { offset, bytes } of slice.messages) assert.equal(toText(bytes), `${offset}`)
    }
    await read({ limit: 10_000 }, from(301, 1_000))
    await read({ limit: 0 }, [])
    await read({ limit: 1 }, [1_000])
    await read({ limit: 300 }, from(701, 1_000))
    await read({ after: 700, limit: 300 }, from(701, 1_000))
    await read({ after: 699, limit: 300 }, from(700, 999))
    await read({ after: 0, limit: 2 }, [301, 302])
    await read({ after: 512, limit: 1 }, [513])
    await read({ after: 600, limit: 0 }, [])
    await read({ after: 999, limit: 5 }, [1_000])
    await read({ after: 1_000, limit: 5 }, [])
    await read({ after: 2_000, limit: 5 }, [])
    await read({ after: 990, limit: 300, epoch, isWhole: true }, from(991, 1_000))
    await read({ after: 699, limit: 300, isWhole: true }, [])
    await read({ after: 990, limit: 300, epoch: 'another' }, [])
    await read({ limit: 10, epoch, isWhole: true }, from(991, 1_000))
  }),

  clusterCase('one message is kept where one is to be', [], async (scene) => {
    const channel = fresh()
    const [one, other] = await keepersOf(scene, 2, channel)
    if (one === undefined || other === undefined) return
    await say(one.history, channel, 3, { ...kept, size: 1 })
    assert.deepEqual(offsetsOf(await other.history.read(channel, all)), [3])
    assert.deepEqual(offsetsOf(await other.history.read(channel, { ...all, after: 1 })), [3])
    await other.history.append(channel, toBytes('4'), { ...kept, size: 2 })
    assert.deepEqual(offsetsOf(await one.history.read(channel, { ...all, after: 3 })), [4])
  }),

  clusterCase('messages go when their time is over, and their place stays', [], async (scene) => {
    const channel = fresh()
    const [one, other] = await keepersOf(scene, 2, channel)
    if (one === undefined || other === undefined) return
    const ttlMs = 2_000
    await say(one.history, channel, 150, { ...kept, ttlMs })
    const { epoch } = await other.history.read(channel, { limit: 0, ttlMs })
    for (const { history } of [one, other]) {
      await scene.until('they go', async () => {
        const { messages } = await history.read(channel, { limit: 100, ttlMs })
        return messages.length === 0
      })
    }
    const quiet = await other.history.read(channel, { limit: 100, ttlMs })
    assert.deepEqual({ ...quiet, messages: [...quiet.messages] }, { epoch, offset: 150, messages: [] })
    const next = await other.history.append(channel, toBytes('151'), { ...kept, ttlMs })
    assert.deepEqual({ ...next }, { epoch, offset: 151 })
    for (const query of [{ limit: 100 }, { limit: 100, after: 0 }, { limit: 1, after: 100 }])
      assert.deepEqual(offsetsOf(await one.history.read(channel, { ...query, ttlMs })), [151])
  }),

  clusterCase('who reads while others append gets all up to where the channel is', [], async (scene) => {
    const channel = fresh()
    const [one, other] = await keepersOf(scene, 2, channel)
    if (one === undefined || other === undefined) return
    let isOver = false
    const appending = say(one.history, channel, 400).finally(() => {
      isOver = true
    })
    let last = 0
    while (!isOver) {
      const slice = await other.history.read(channel, { ...all, after: last })
      assert.deepEqual(offsetsOf(slice), from(last + 1, slice.offset))
      const { offset, messages } = await other.history.read(channel, { limit: 20, ttlMs: kept.ttlMs })
      assert.deepEqual(
        messages.map((message) => message.offset),
        from(Math.max(1, offset - 19), offset)
      )
      last = slice.offset
    }
    await appending
    assert.equal((await other.history.read(channel, all)).offset, 400)
  }),

  clusterCase('a channel has a place as soon as somebody asks', [], async (scene) => {
    const channel = fresh()
    const keepers = await keepersOf(scene, 3, channel)
    const slices = await Promise.all(keepers.map(({ history }) => history.read(channel, all)))
    const [first] = keepers
    if (first === undefined) return
    for (const slice of slices)
      assert.deepEqual({ ...slice }, { epoch: slices[0]?.epoch, offset: 0, messages: [] })
    const position = await first.history.append(channel, toBytes('1'), kept)
    assert.deepEqual({ ...position }, { epoch: slices[0]?.epoch, offset: 1 })
    await scene.until('it arrives', () => first.node.received.length > 0)
    assert.equal(first.node.received.length, 1, 'nothing else does')
    for (const query of [
      all,
      { ...all, limit: 1 },
      { ...all, after: 0 },
      { ttlMs: all.ttlMs, after: 0, limit: 1 }
    ])
      assert.deepEqual(offsetsOf(await first.history.read(channel, query)), [1])
  }),

  clusterCase('a channel that is behind what was known of it begins anew', [], async (scene) => {
    const channel = fresh()
    const [one, other] = await keepersOf(scene, 2, channel)
    if (one === undefined || other === undefined) return
    await say(one.history, channel, 5)
    const { epoch } = await other.history.read(channel, all)
    for (const known of [
      { epoch, offset: 5 },
      { epoch: 'another', offset: 9 }
    ]) {
      await other.history.renew(channel, known)
      assert.equal((await other.history.read(channel, all)).messages.length, 5, 'it was not behind')
    }
    await Promise.all([one, other].map(({ history }) => history.renew(channel, { epoch, offset: 6 })))
    const anew = await one.history.read(channel, all)
    assert.notEqual(anew.epoch, epoch)
    assert.deepEqual([anew.offset, anew.messages.length], [0, 0])
    const position = await one.history.append(channel, toBytes('1'), kept)
    assert.deepEqual({ ...position }, { epoch: anew.epoch, offset: 1 })
    assert.deepEqual(offsetsOf(await other.history.read(channel, all)), [1])
  }),

  clusterCase('histories are refused while the engine is away', ['kill', 'restore'], async (scene) => {
    const channel = fresh()
    const [one, other] = await keepersOf(scene, 2, channel)
    if (one === undefined || other === undefined) return
    await say(one.history, channel, 5)
    await scene.kill()
    await scene.until('it is told', () => one.node.isDown && other.node.isDown)
    await scene.inTime('a refusal', assert.rejects(one.history.append(channel, toBytes('6'), kept)))
    await scene.inTime('a refusal', assert.rejects(other.history.read(channel, all)))
    await scene.restore()
    await scene.until('they are back', () => !one.node.isDown && !other.node.isDown)
    const { epoch, offset } = await one.history.append(channel, toBytes('again'), kept)
    const slice = await other.history.read(channel, { ...all, after: offset - 1 })
    assert.deepEqual([slice.epoch, offsetsOf(slice)], [epoch, [offset]])
  }),

  clusterCase('what was appended before close is taken, and nothing after it', [], async (scene) => {
    const channel = fresh()
    const [one, other] = await keepersOf(scene, 2, channel)
    if (one === undefined || other === undefined) return
    const taken = from(1, 100).map((n) => one.history.append(channel, toBytes(`${n}`), kept))
    const closed = one.node.adapter.close()
    await scene.inTime('a refusal', assert.rejects(one.history.append(channel, toBytes('closed'), kept)))
    await scene.inTime('close', closed)
    await scene.inTime('append', Promise.all(taken))
    const { messages } = await other.history.read(channel, all)
    assert.deepEqual(
      messages.map(({ bytes }) => toText(bytes)),
      from(1, 100).map(String)
    )
    await scene.inTime('a refusal', assert.rejects(one.history.read(channel, all)))
  })
]
