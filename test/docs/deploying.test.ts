import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { blocksOf, programOf } from '../fixtures/documents.js'
import { noNginx, runNginx } from '../fixtures/nginx.js'
import { connectRaw } from '../fixtures/raw-client.js'

const guide = 'plugins/guides/deploying.md'
const balancers = 'plugins/guides/load-balancers.md'

/** Starts the `server.ts` of a document as a process of its own, on any port. */
async function start(t: Test, path: string): Promise<{ port: number; end(): Promise<unknown> }> {
  const code = `${programOf(path)['server.js']}`
    .replace('port: 4000', "port: 0, host: '127.0.0.1'")
    .replace('delayMs: 2_000', 'delayMs: 20')
    // Another test may have the port.
    .replace('udpPort: 3478', '')
  const folder = t.testdir({ 'server.js': `${code}\nconsole.log('port', app.server.address().port)\n` })
  const child = spawn(process.execPath, [join(folder, 'server.js')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  t.teardown(() => child.kill('SIGKILL'))
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /^port (\d+)$/.exec(line) ?? []
    if (port === undefined) continue
    child.stdout.resume()
    return {
      port: Number(port),
      async end() {
        child.kill('SIGTERM')
        return (await ended)[0]
      }
    }
  }
  throw new Error('the server ended')
}

for (const path of ['README.md', guide]) {
  t.test(`the server of ${path} drains when it is asked to end`, async (t) => {
    const server = await start(t, path)
    const client = await connectRaw(t, `ws://127.0.0.1:${server.port}/socket`, 'token=alice')
    await client.join('user:alice')
    const status = server.end()
    t.equal(await client.closed, 1012, 'clients are told to come back')
    t.equal(await status, 0, 'and the process ends by itself')
  })
}

t.test('the server of the guide behind the nginx of the guide', { skip: noNginx() }, async (t) => {
  const { port } = await start(t, guide)
  const [conf] = blocksOf(balancers).filter(({ language }) => language === 'nginx')
  const proxy = await runNginx(t, (own) =>
    `${conf?.code}`
      .replace('listen 80;', `listen 127.0.0.1:${own};`)
      .replaceAll(/10\.0\.0\.\d+:4000/g, `127.0.0.1:${port}`)
  )
  const ws = new WebSocket(`ws://127.0.0.1:${proxy}/socket/websocket?vsn=2.0.0&token=alice`, {
    headers: { origin: 'http://chat.example', host: 'chat.example' }
  })
  t.teardown(() => ws.terminate())
  await once(ws, 'open')
  ws.send('["1","1","user:alice","phx_join",{}]')
  const [answer] = await once(ws, 'message')
  t.same(JSON.parse(String(answer)), ['1', '1', 'user:alice', 'phx_reply', { status: 'ok', response: {} }])
})

t.test('the CommonJS of the guide runs', async (t) => {
  const [block] = blocksOf(guide).filter(({ code }) => code.includes('require('))
  const folder = t.testdir({
    'app.cjs': `${block?.code}\napp.ready().then(() => console.log(app.phoenix.socketCount))`
  })
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'app.cjs')])
  t.equal(stdout, '0\n')
})
