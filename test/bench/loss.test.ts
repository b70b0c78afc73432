import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { HookClient } from '../../bench/lib/closed-loop.js'
import { steadyLoad } from '../../bench/lib/steady-load.js'
import { drawLoss } from '../../bench/loss/picture.js'
import { type Comparison, percentiles, transportNames } from '../../bench/loss/transports.js'

/** A client whose first call is answered last. */
function holdingUp(calls: number): HookClient {
  let first: (() => void) | undefined
  let left = calls
  return {
    call(answered) {
      if (first === undefined) first = () => answered()
      else answered()
      if (--left === 0) first()
    },
    close() {}
  }
}

t.test('a call that is held up holds up no other', async (t) => {
  const latency = await steadyLoad([holdingUp(20), holdingUp(20)], 1, 20)
  t.equal(latency.count, 40)
})

t.test('a call that is refused ends the load', async (t) => {
  const refused: HookClient = {
    async call(answered) {
      await turn()
      answered(new Error('refused'))
    },
    close() {}
  }
  await t.rejects(steadyLoad([refused], 1, 5), { message: 'refused' })
})

t.test('the picture has a panel for each link and a line for each transport', async (t) => {
  const latencies = { calls: 1, ms: percentiles.map((_, index) => 10 ** index) }
  const comparison = Object.fromEntries(transportNames.map((name) => [name, latencies])) as Comparison
  const links = [0, 20].flatMap((roundTripMs) =>
    [0, 3].map((percent) => ({ percent, roundTripMs, comparison }))
  )
  const svg = drawLoss({ environment: {} as never, clients: 1, intervalMs: 1, ms: 1, links })
  t.match(svg, /^<svg /)
  for (const name of ['no loss', '3 % loss', '3 % loss, 20 ms away', 'p99.9', ...transportNames])
    t.match(svg, `>${name}<`)
})
