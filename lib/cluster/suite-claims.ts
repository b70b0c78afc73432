import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ClaimName, ClaimStore } from './adapter.js'
import { pause } from './suite-patience.js'
import { type ClusterAdapterCase, clusterCase, type Scene, type SuiteNode, toBytes } from './suite-world.js'

const long = 60_000

/** Names that no other case has: some run them all with one engine. */
const fresh = (): ClaimName => ({ group: 'alice', key: randomBytes(9).toString('base64url') })

/** The claims of new nodes; none where the adapter has no claims, which is no fault. */
async function storesOf(scene: Scene, count: number): Promise<[ClaimStore[], SuiteNode[]]> {
  const nodes: SuiteNode[] = []
  for (let i = 0; i < count; i++) nodes.push(await scene.node())
  const stores = nodes.flatMap(({ adapter }) => (adapter.claims === undefined ? [] : [adapter.claims]))
  assert.ok(stores.length === 0 || stores.length === count, 'all adapters of an engine have claims, or none')
  return [stores, nodes]
}

/** Tries until the engine answers. */
async function patiently<Value>(scene: Scene, ask: () => Promise<Value>): Promise<Value> {
  const end = performance.now() + scene.ms
  for (;;) {
    try {
      return await ask()
    } catch (err) {
      if (performance.now() > end) throw err
      await pause(50)
    }
  }
}

/** What adapters that have claims do with them. */
export const claimCases: readonly ClusterAdapterCase[] = [
  clusterCase('of many who claim one name at once, one gets it', [], async (scene) => {
    const [stores] = await storesOf(scene, 4)
    for (let round = 0; round < 20; round++) {
      const at = fresh()
      const asked = stores.map((store, i) => store.claim(at, `claim ${i}`, long))
      const found = await scene.inTime('claim', Promise.all(asked))
      const owners = found.flatMap((each, i) => (each === undefined ? [i] : []))
      if (stores.length === 0) return
      assert.equal(owners.length, 1, `round ${round} has one owner`)
      for (const each of found)
        if (each !== undefined)
          assert.deepEqual({ ...each }, { claim: `claim ${owners[0]}`, result: undefined })
    }
  }),

  clusterCase('a claim is settled with bytes that others read, unchanged', [], async (scene) => {
    const [[one, other]] = await storesOf(scene, 2)
    if (one === undefined || other === undefined) return
    const name = fresh()
    assert.equal(await one.claim(name, 'mine', long), undefined)
    let held = 'mine'
    for (const length of [0, 1, 256, 300_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) % 256)
      await one.settle(name, held, `done ${length}`, long, { bytes, keepMs: long })
      held = `done ${length}`
      const found = await other.claim(name, 'theirs', long)
      assert.equal(found?.claim, held)
      assert.deepEqual(Buffer.from(found?.result ?? toBytes('none')), Buffer.from(bytes))
    }
    assert.equal(await other.claim({ group: 'bob', key: name.key }, 'theirs', long), undefined)
    assert.equal(await other.claim(fresh(), 'theirs', long), undefined)
  }),

  clusterCase('a claim that is released is free', [], async (scene) => {
    const [[one, other]] = await storesOf(scene, 2)
    if (one === undefined || other === undefined) return
    const name = fresh()
    await one.claim(name, 'mine', long)
    await other.settle(name, 'theirs', 'theirs, again', long, { bytes: toBytes('theirs'), keepMs: long })
    assert.deepEqual({ ...(await other.claim(name, 'theirs', long)) }, { claim: 'mine', result: undefined })
    await one.settle(name, 'mine', 'mine, again', long)
    assert.deepEqual(
      { ...(await other.claim(name, 'theirs', long)) },
      { claim: 'mine, again', result: undefined }
    )
    await other.release(name, 'mine')
    assert.equal((await other.claim(name, 'theirs', long))?.claim, 'mine, again', 'it was another one')
    await one.release(name, 'mine, again')
    assert.equal(await other.claim(name, 'theirs', long), undefined)
    assert.equal((await one.claim(name, 'mine', long))?.claim, 'theirs')
    await one.release({ group: 'nobody', key: 'nothing' }, 'none')
  }),

  clusterCase('a result ends with its time, and a claim with its own', [], async (scene) => {
    const [[one, other]] = await storesOf(scene, 2)
    if (one === undefined || other === undefined) return
    const name = fresh()
    const ttlMs = 3_000
    await one.claim(name, 'mine', ttlMs)
    await one.settle(name, 'mine', 'done', ttlMs, { bytes: toBytes('result'), keepMs: 500 })
    const found = await other.claim(name, 'theirs', ttlMs)
    assert.equal(Buffer.from(found?.result ?? toBytes('')).toString(), 'result')
    const claims: string[] = []
    const end = performance.now() + scene.ms
    for (;;) {
      const later = await other.claim(name, 'theirs', ttlMs)
      if (later === undefined) break
      claims.push(`${later.claim} ${later.result === undefined}`)
      assert.ok(performance.now() < end, 'not in time: the claim ends')
      await pause(100)
    }
    assert.ok(claims.includes('done true'), 'the result ends first')
  }),

  clusterCase(
    'claims settle while the engine is away, and work when it is back',
    ['kill', 'restore'],
    async (scene) => {
      const [[one, other], [node]] = await storesOf(scene, 2)
      if (one === undefined || other === undefined) return
      const name = fresh()
      await one.claim(name, 'mine', long)
      await scene.kill()
      await scene.until('it is told', () => node?.isDown === true)
      await scene.inTime('a refusal', assert.rejects(one.claim(name, 'mine', long)))
      await scene.restore()
      const later = fresh()
      await patiently(scene, () => one.settle(later, 'none', 'mine', long))
      assert.equal((await patiently(scene, () => other.claim(later, 'theirs', long)))?.claim, 'mine')
    }
  ),

  clusterCase('a closed adapter refuses claims', [], async (scene) => {
    const [[one], [node]] = await storesOf(scene, 1)
    if (one === undefined || node === undefined) return
    await scene.inTime('close', node.adapter.close())
    const name = fresh()
    await scene.inTime('a refusal', assert.rejects(one.claim(name, 'mine', long)))
    await scene.inTime('a refusal', assert.rejects(one.settle(name, 'mine', 'done', long)))
  })
]
