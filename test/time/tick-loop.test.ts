import t from 'tap'
import { RunningTickLoop, type Tick, type TickLoopOptions } from '../../lib/time/tick-loop.js'
import { FakeClock } from '../fixtures/fake-clock.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

/** A clock that also runs while a tick does. */
class BusyClock extends FakeClock {
  #worked = 0

  override now(): number {
    return super.now() + this.#worked
  }

  /** What runs takes so many milliseconds. */
  work(ms: number): void {
    this.#worked += ms
  }
}

/** A loop at 50 ticks a second, one each 20 ms, unless told otherwise. */
function start(options: Partial<TickLoopOptions> = {}) {
  const clock = new BusyClock()
  const log = new RecordingLogger()
  const ticks: Tick[] = []
  let stops = 0
  const { rate = 50, tick } = options
  const loop = new RunningTickLoop(
    {
      rate,
      tick: (info) => {
        ticks.push(info)
        return tick?.(info)
      }
    },
    { clock, log, onStop: () => stops++ }
  )
  return { loop, clock, log, ticks, stops: () => stops }
}

t.test('a tick comes every interval, and says which it is', async (t) => {
  const { clock, ticks, loop } = start()
  clock.advance(19)
  t.same(ticks, [])
  clock.advance(41)
  t.same(ticks, [
    { number: 1, dt: 20, late: 0, skipped: 0 },
    { number: 2, dt: 20, late: 0, skipped: 0 },
    { number: 3, dt: 20, late: 0, skipped: 0 }
  ])
  t.match(loop, { ticks: 3, skipped: 0, failed: 0 })
})

t.test('an interval that is no whole number of milliseconds does not drift', async (t) => {
  const { clock, ticks } = start({ rate: 30 })
  clock.advance(60_000.5)
  t.equal(ticks.length, 1800)
  t.equal(ticks.at(-1)?.number, 1800)
})

t.test('the fastest loop there is takes every turn', async (t) => {
  const { clock, loop } = start({ rate: 1000 })
  clock.advance(1000)
  t.match(loop, { ticks: 1000, skipped: 0 })
})

t.test('timers that fire by whole milliseconds lose no tick', async (t) => {
  class CoarseClock extends FakeClock {
    override setTimeout(callback: () => void, ms: number) {
      return super.setTimeout(callback, Math.max(1, Math.floor(ms)))
    }
  }
  const clock = new CoarseClock()
  const ticks: Tick[] = []
  new RunningTickLoop(
    { rate: 30, tick: (tick) => void ticks.push(tick) },
    { clock, log: new RecordingLogger() }
  )
  clock.advance(10_001)
  t.equal(ticks.length, 300)
  t.ok(ticks.every(({ number, skipped }, index) => number === index + 1 && skipped === 0))
  t.ok(ticks.every(({ late }) => late <= 1))
})

t.test('a tick that takes long makes the next one late, not later and later', async (t) => {
  const { clock, ticks, loop } = start({ tick: ({ number }) => clock.work(number === 1 ? 25 : 5) })
  clock.advance(20)
  clock.advance(50)
  t.same(ticks, [
    { number: 1, dt: 20, late: 0, skipped: 0 },
    { number: 2, dt: 25, late: 5, skipped: 0 },
    { number: 3, dt: 15, late: 0, skipped: 0 },
    { number: 4, dt: 20, late: 0, skipped: 0 },
    { number: 5, dt: 20, late: 0, skipped: 0 }
  ])
  t.equal(loop.skipped, 0)
})

t.test('turns that are missed are skipped and counted, but for the last one', async (t) => {
  const { clock, ticks, loop } = start({ tick: ({ number }) => clock.work(number === 1 ? 70 : 0) })
  clock.advance(20)
  clock.advance(30)
  t.same(ticks, [
    { number: 1, dt: 20, late: 0, skipped: 0 },
    { number: 4, dt: 70, late: 10, skipped: 2 },
    { number: 5, dt: 10, late: 0, skipped: 0 },
    { number: 6, dt: 20, late: 0, skipped: 0 }
  ])
  t.match(loop, { ticks: 4, skipped: 2 })
})

t.test('ticks that are promises do not overlap', async (t) => {
  const finish: (() => void)[] = []
  const { clock, ticks, loop } = start({ tick: () => new Promise((resolve) => finish.push(resolve)) })
  clock.advance(50)
  t.equal(ticks.length, 1)
  finish[0]?.()
  await new Promise(setImmediate)
  clock.advance(0)
  t.same(ticks.at(-1), { number: 2, dt: 30, late: 10, skipped: 0 })
  loop.stop()
  finish[1]?.()
  await new Promise(setImmediate)
  t.equal(clock.pending, 0, 'a loop that was stopped meanwhile starts no timer')
})

t.test('what a tick throws or rejects with is logged, and the loop goes on', async (t) => {
  const { clock, ticks, loop, log } = start({
    tick({ number }) {
      if (number === 1) throw new Error('a bug of the application')
      if (number === 2) return Promise.reject(new Error('another one'))
      return undefined
    }
  })
  clock.advance(40)
  await new Promise(setImmediate)
  clock.advance(20)
  t.equal(ticks.length, 3)
  t.equal(loop.failed, 2)
  t.match(log.lines, [{ level: 'error', message: 'tick failed', details: { tick: 1, failed: 1 } }])
})

t.test('a loop whose ticks all fail logs once a second', async (t) => {
  const { clock, loop, log } = start({
    tick() {
      throw new Error('a bug of the application')
    }
  })
  clock.advance(2990)
  t.equal(loop.failed, 149)
  t.equal(log.lines.length, 3)
})

t.test('a loop that is stopped has no timer, and may be stopped in a tick and again', async (t) => {
  const { clock, ticks, loop, stops } = start({ tick: () => loop.stop() })
  t.equal(clock.pending, 1)
  t.notOk(loop.stopped)
  clock.advance(100)
  t.ok(loop.stopped)
  loop.stop()
  t.equal(ticks.length, 1)
  t.equal(clock.pending, 0)
  t.equal(stops(), 1)
})

t.test('options that are wrong are refused', async (t) => {
  const context = { clock: new FakeClock(), log: new RecordingLogger() }
  for (const rate of [0, -1, 1e-4, 1001, Number.NaN, Number.POSITIVE_INFINITY, '30' as never]) {
    t.throws(() => new RunningTickLoop({ rate, tick: () => {} }, context), {
      code: 'PHX_ERR_OPTION_INVALID',
      message: /tickLoop.rate/
    })
  }
  t.throws(() => new RunningTickLoop({ rate: 30, tick: null as never }, context), {
    message: /tickLoop.tick/
  })
  t.equal(context.clock.pending, 0)
})
