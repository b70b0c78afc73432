import t from 'tap'
import { LoadClients } from '../../lib/load/clients/clients.js'
import { Tally } from '../../lib/load/measure/tally.js'
import { ProgressLine, progressText } from '../../lib/load/progress.js'
import { systemClock } from '../../lib/time/clock.js'
import { FakeClock } from '../fixtures/fake-clock.js'

const size = { clients: 10, rampUpMs: 0 }
const crowd = new LoadClients(size, systemClock, async () => {
  throw new Error('nobody comes')
})

/** What a line writes to a terminal of that width. */
function written(isTTY: boolean): string {
  let text = ''
  const terminal = {
    isTTY,
    columns: 20,
    write(chunk: string) {
      text += chunk
      return true
    }
  }
  const line = new ProgressLine(terminal as unknown as ConstructorParameters<typeof ProgressLine>[0])
  line.show({ phase: 'connecting', crowd, tally: new Tally(systemClock, 1000) })
  line.clear()
  return text
}

t.test('progress is one line of a terminal, and no longer than that', async (t) => {
  t.match(written(true), 'connecting: 0 conne')
  t.notMatch(written(true), 'connecting: 0 connected')
})

t.test('where there is no terminal nothing is written', async (t) => {
  t.equal(written(false), '')
})

t.test('progress tells of the calls and of their latencies', async (t) => {
  const clock = new FakeClock()
  const tally = new Tally(clock, 1000)
  tally.sent = 3
  clock.advance(2)
  tally.succeeded(0)
  tally.failed('timeout')
  t.equal(
    progressText({ phase: 'running', crowd, tally }),
    'running: 0 connected, 0 refused; 3 sent, 1 done, 1 failed, 1 open, p50 2.0 ms, p99 2.0 ms'
  )
})
