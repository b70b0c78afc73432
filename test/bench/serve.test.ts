import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { enterUser, userTopic } from '../../bench/lib/clients.js'

const program = fileURLToPath(new URL('../../bench/serve.js', import.meta.url))

function serve(...args: string[]): ChildProcess {
  return spawn(process.execPath, [...process.execArgv, program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`the load target answers hook calls until ${signal}, and ends with status 0`, async (t) => {
    const child = serve('--host', '127.0.0.1', '--port', '0')
    t.teardown(() => child.kill('SIGKILL'))
    const exited = once(child, 'exit')
    const [line] = (await once(
      createInterface({ input: child.stdout as NodeJS.ReadableStream }),
      'line'
    )) as [string]
    const [, port] = /^listening on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line) ?? []
    t.ok(Number(port) > 0, line)
    const connection = await enterUser(`ws://127.0.0.1:${port}/bench`, 'alice')
    const reply = await connection.request(
      userTopic('alice'),
      'call_hook',
      '{"plugin":"demo","fn":"whoami","args":[]}'
    )
    t.strictSame(reply.response, { data: { user_id: 'alice', transport: 'websocket' } })
    const much = JSON.stringify({ plugin: 'demo', fn: 'echo', args: ['x'.repeat(60_000)] })
    const replies = Array.from({ length: 300 }, () =>
      connection.request(userTopic('alice'), 'call_hook', much)
    )
    t.ok(
      (await Promise.all(replies)).every(({ status }) => status === 'ok'),
      'no rate is limited'
    )
    child.kill(signal)
    t.strictSame(await exited, [0, null])
  })
}

t.test('a port that is none ends the start with one line that names the option', async (t) => {
  const child = serve('--port', '65536')
  const exited = once(child, 'exit')
  t.equal(
    await text(child.stderr as NodeJS.ReadableStream),
    '--port must be a number from 0 to 65535, not "65536"\n'
  )
  t.strictSame(await exited, [1, null])
})
