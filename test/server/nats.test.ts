import t from 'tap'
import { devToken } from '../fixtures/dev-token.js'
import { noNats, startNats } from '../fixtures/nats-server.js'
import { connectPhoenix, join } from '../fixtures/phoenix-client.js'
import { program, spawnServer, startServer } from '../fixtures/server-process.js'
import { until } from '../fixtures/until.js'

const skip = noNats()

t.test('servers with one NATS_URL are a cluster, on ports and in workers', { skip }, async (t) => {
  const { url } = await startNats(t)
  const starts = [{ env: { NATS_URL: url } }, { args: ['--nats', url, '--workers', '2'] }]
  const servers = await Promise.all(starts.map((start) => startServer(t, program, start)))
  const said: unknown[] = []
  const channels = await Promise.all(
    servers.map(async ({ url }) => {
      const socket = connectPhoenix(t, `${url}/socket`, { params: { token: await devToken(url, 'alice') } })
      const channel = socket.channel('room:lobby')
      channel.on('said', (payload: unknown) => void said.push(payload))
      t.equal((await join(channel)).status, 'ok')
      return channel
    })
  )
  channels[0]?.push('said', { text: 'hello' })
  await until(() => said.length === 1)
  t.same(said, [{ text: 'hello' }])
})

t.test(
  'a NATS that cannot be reached is named as it was given, without its password',
  { skip },
  async (t) => {
    for (const start of [
      { env: { NATS_URL: 'nats://alice:secret@127.0.0.1:1' } },
      { args: ['--nats', '127.0.0.1:1'] }
    ]) {
      const server = spawnServer(t, program, start)
      t.equal(await server.ended, 1)
      t.match(server.stderr(), /(NATS_URL|--nats): NATS cannot be reached: connection refused\n$/)
      t.notMatch(server.stderr(), /secret/)
    }
  }
)
