import t from 'tap'
import { LoadClients } from '../../lib/load/clients.js'
import { readLoadOptions } from '../../lib/load/command-line.js'
import { ProgressLine, progressText } from '../../lib/load/progress.js'
import { Tally } from '../../lib/load/tally.js'
import { systemClock } from '../../lib/time/clock.js'

const command = readLoadOptions(['--url', 'ws://127.0.0.1:1/socket'])
if (command.run !== 'load') throw new Error('no load')
const clients = new LoadClients(command.config, systemClock)

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
  line.show({ phase: 'connecting', clients, tally: new Tally() })
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
  const tally = new Tally()
  tally.sent = 3
  tally.succeeded(2)
  tally.errors.add('timeout')
  t.equal(
    progressText({ phase: 'calling', clients, tally }),
    'calling: 0 connected, 0 refused; 3 sent, 1 answered, 1 failed, 1 open, p50 2.0 ms, p99 2.0 ms'
  )
})
