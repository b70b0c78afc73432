import { randomInt } from 'node:crypto'
import * as fc from 'fast-check'
import t from 'tap'
import { history, ModelCluster } from './model-cluster.js'

const runs = Number(process.env.PRESENCE_HISTORIES ?? 300)
const seed = Number(process.env.PRESENCE_SEED ?? randomInt(2 ** 31))

t.setTimeout(0)

t.test(`after ${runs} histories everybody holds the truth, and nobody left who had not joined`, async (t) => {
  t.comment(`PRESENCE_SEED=${seed}`)
  process.stderr.write(`PRESENCE_SEED=${seed}\n`)
  const happens = fc.asyncProperty(history, async ({ count, actions, ...options }) => {
    const cluster = new ModelCluster(options)
    try {
      await cluster.start(count)
      for (const action of actions) await cluster.act(action)
      await cluster.heals()
    } finally {
      await cluster.close()
    }
  })
  await fc.assert(happens, { numRuns: runs, seed, verbose: 1 })
  t.pass('no history ended otherwise')
})
