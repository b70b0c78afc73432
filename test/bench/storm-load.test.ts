import t from 'tap'
import type { Server } from '../../bench/lib/question.js'
import type { Come } from '../../bench/lib/storm.js'
import { peerStormLoad } from '../../bench/lib/storm-load.js'

const server: Server = { url: '', usage: async () => undefined, stop: async () => {} }
const size = { peers: 3, atOnce: 3 }

/** Clients whose peers open as long as `opens` says so. */
function clients(opens: () => boolean) {
  let left = 0
  const come: Come = async () => ({
    async open() {
      if (!opens()) throw new Error('refused')
      return { close() {} }
    },
    leave: () => void left++
  })
  return { come, left: () => left }
}

t.test('a storm whose warm-up opens no peer fails, and its clients leave', async (t) => {
  const { come, left } = clients(() => false)
  await t.rejects(peerStormLoad(come)('', size, server), { message: 'none of 20 peers opened: refused' })
  t.equal(left(), 20)
})

t.test('a round in which no peer opens fails', async (t) => {
  let isUp = true
  const load = await peerStormLoad(clients(() => isUp).come)('', size, server)
  isUp = false
  await load.prepare?.()
  await t.rejects(load.run(1), { message: 'none of 3 peers opened: refused' })
  await load.close()
})

t.test('a round in which some peers open counts the others as failed', async (t) => {
  let opened = 0
  const load = await peerStormLoad(clients(() => ++opened !== 21).come)('', size, server)
  await load.prepare?.()
  const { operations, latency } = await load.run(1)
  t.match({ operations, count: latency?.count }, { operations: 2, count: 2 })
  t.match(await load.finish?.(), { failed: 1 })
})
