import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noNats } from '../fixtures/nats-server.js'
import { noRedis } from '../fixtures/redis-server.js'

const program = fileURLToPath(new URL('../../bench/recover.js', import.meta.url))

for (const [engine, skip] of [
  ['none', false],
  ['redis', noRedis()],
  ['nats', noNats()]
] as const) {
  const what = engine === 'none' ? 'one server keeps' : `three nodes on ${engine} keep over their restarts`
  t.test(`clients miss nothing of what ${what}`, { skip }, async (t) => {
    const sizes = ['--clients', '60', '--rate', '20', '--duration', '12', '--ramp-up', '2']
    const bench = spawn(process.execPath, [program, '--engine', engine, ...sizes])
    t.teardown(() => bench.kill())
    const [said, failed, [status]] = await Promise.all([
      text(bench.stdout),
      text(bench.stderr),
      once(bench, 'close')
    ])
    t.equal(status, 0, said + failed)
    t.match(said, /ok +\w+: \d+ restarts, [1-9]\d* recovered, 0 told that they cannot/)
    if (engine !== 'none') t.match(said, /: [1-9]\d* restarts/)
  })
}
