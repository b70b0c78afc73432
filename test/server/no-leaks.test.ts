import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { program, startServer } from '../fixtures/server-process.js'
import { until } from '../fixtures/until.js'
import { UserClient } from '../fixtures/user-client.js'

/** What a connected peer takes. */
const peerBytes = 255 * 1024

function resources(pid: number): { threads: number; files: number; memory: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    threads: readdirSync(`/proc/${pid}/task`).length,
    files: readdirSync(`/proc/${pid}/fd`).length,
    memory: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
  }
}

t.test('200 cycles of join, offer, open, call and leave leave nothing behind in the server', async (t) => {
  const { url, child } = await startServer(t, program)
  const pid = child.pid as number
  let users = 0

  const cycle = async (): Promise<void> => {
    const userId = `user-${users++}`
    const login = await fetch(`${url}/dev/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: userId })
    })
    const { token } = (await login.json()) as { token: string }
    const client = new UserClient(`${url}/socket`, userId, { token })
    await client.join()
    const [events] = await client.openPeer()
    await events?.call('demo', 'echo', [1])
    await new Promise((resolve) => client.channel.leave().receive('ok', resolve))
    await events?.closed
    client.close()
  }
  const run = async (cycles: number): Promise<void> => {
    for (let i = 0; i < cycles; i += 2) await Promise.all([cycle(), cycle()])
  }

  /** Bytes of memory that each of a hundred cycles left. */
  const left = async (): Promise<number> => {
    const before = resources(pid).memory
    await run(100)
    return (resources(pid).memory - before) / 100
  }

  await run(20)
  const start = resources(pid)
  await run(100)
  // A heap grows in steps, but what every peer leaves behind is there after each hundred of them.
  const rounds = [await left()]
  while (Math.min(...rounds) >= peerBytes / 4 && rounds.length < 5) rounds.push(await left())
  t.ok(Math.min(...rounds) < peerBytes / 4, `bytes left by each: ${rounds.join(', ')}`)
  // Connections, and threads of the library, end a little after their client has gone.
  await until(() => {
    const { threads, files } = resources(pid)
    return threads <= start.threads && files <= start.files
  })
  t.pass('threads and files are as at the start')
})
