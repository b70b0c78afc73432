import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { program, startServer } from '../fixtures/server-process.js'

t.test('where somebody looks, the server says that it goes and serves on for a while', async (t) => {
  const server = await startServer(t, program)
  const ask = async (path: string) => {
    const answer = await fetch(server.url + path)
    return { status: answer.status, body: await answer.json() }
  }
  t.same(await ask('/readyz'), { status: 200, body: { status: 'ready', reasons: [] } })
  server.child.kill('SIGTERM')
  while (!server.stderr().includes('SIGTERM: draining'))
    await once(server.child.stderr as NodeJS.ReadableStream, 'data')
  t.same(await ask('/readyz'), { status: 503, body: { status: 'not ready', reasons: ['draining'] } })
  t.same(await ask('/healthz'), { status: 200, body: { status: 'ok' } })
  t.equal(await server.ended, 0)
})

t.test('all workers are not ready before the first of them is drained', async (t) => {
  const server = await startServer(t, program, { env: { WORKERS: '2' } })
  const status = async (): Promise<number> => {
    const answer = await fetch(`${server.url}/readyz`, { headers: { connection: 'close' } })
    await answer.text()
    return answer.status
  }
  t.same([await status(), await status()], [200, 200])
  server.child.kill('SIGTERM')
  while ((await status()) === 200);
  t.same([await status(), await status()], [503, 503], 'connections go to one after the other')
  t.notMatch(server.stderr(), 'SIGTERM: draining')
  t.equal(await server.ended, 0)
})

t.test('a worker that has left its primary, as it drains, survives being asked', async (t) => {
  const file = fileURLToPath(new URL('../fixtures/left-worker.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  t.equal(stdout, '5\n', 'it ends as it wants')
})
