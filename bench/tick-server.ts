/**
 * The server of `npm run bench:tick` and of the question `state`: user channels, rooms, and a tick loop that
 * sends the state of the rooms over DataChannels. `POST /loop` starts the loop, `DELETE /loop` ends it and
 * answers how it went.
 */
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import phoenix, { type Param, type TickLoop, userChannel } from '../plugins/phoenix.js'
import { noRates } from './lib/no-rates.js'
import { announce, onStopSignal, runProgram } from './lib/program.js'
import { type LoopPlan, type LoopReport, roomName, Signal, writeState } from './lib/state-loop.js'
import { quantile } from './lib/statistics.js'

/** How a loop went; times are in milliseconds. */
export interface TickReport extends LoopReport {
  skipped: number
  lateP50: number
  lateP99: number
  tickP50: number
  tickP99: number
}

await runProgram(async ({ host, port }) => {
  const app = Fastify()
  await app.register(phoenix, {
    path: '/bench',
    connect: ({ user_id: userId }: { user_id?: Param }) => ({ userId }),
    channels: { 'user:*': userChannel(), 'room:*': { join: () => ({ status: 'ok' }) } },
    limits: noRates,
    checkOrigin: false,
    websocket: { timeoutMs: 0 },
    webrtc: { bindAddress: '127.0.0.1' }
  })

  let running: { loop: TickLoop; ticked: Promise<void>; report: () => TickReport } | undefined
  app.post('/loop', async ({ body }) => {
    const { rate, bytes, rooms } = body as LoopPlan
    const late: number[] = []
    const took: number[] = []
    let sent = 0
    const once = new Signal()
    const start = performance.now()
    const loop = app.phoenix.tickLoop({
      rate,
      tick(tick) {
        const begin = performance.now()
        const state = writeState(bytes)
        for (let n = 0; n < rooms; n++) {
          const topic = roomName(n)
          sent += app.phoenix.broadcastData(topic, 'state', state, { dropStale: topic }).sent
        }
        late.push(tick.late)
        took.push(performance.now() - begin)
        once.give()
      }
    })
    running = {
      loop,
      ticked: once.given,
      report: () => ({
        seconds: (performance.now() - start) / 1000,
        ticks: loop.ticks,
        skipped: loop.skipped,
        sent,
        lateP50: quantile(late, 0.5),
        lateP99: quantile(late, 0.99),
        tickP50: quantile(took, 0.5),
        tickP99: quantile(took, 0.99)
      })
    }
    return {}
  })
  app.delete('/loop', async () => {
    await running?.ticked
    running?.loop.stop()
    return running?.report()
  })

  await app.listen({ host, port })
  announce({ host, port: (app.server.address() as AddressInfo).port })
  onStopSignal(() => app.close())
})
