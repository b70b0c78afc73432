import t from 'tap'
import { startReferenceServer } from '../fixtures/reference-server.js'
import { program, spawnServer } from '../fixtures/server-process.js'

t.test('metrics are served on a loopback host, and elsewhere when they are asked for', async (t) => {
  const status = async (env: Record<string, string>): Promise<number> => {
    const { app } = await startReferenceServer(t, { WEBRTC: 'off', ...env })
    const { statusCode } = await app.inject({ url: '/metrics', headers: { host: 'localhost' } })
    await app.close()
    return statusCode
  }
  const secret = { TOKEN_SECRET: 'x'.repeat(32) }
  t.equal(await status({}), 200)
  t.equal(await status({ METRICS: 'off' }), 404)
  t.equal(await status({ HOST: '0.0.0.0', ...secret }), 404)
  t.equal(await status({ HOST: '0.0.0.0', METRICS: 'on', ...secret }), 200)
})

t.test('a value that is none is named', async (t) => {
  const server = spawnServer(t, program, { args: ['--metrics', 'maybe'] })
  t.equal(await server.ended, 1)
  t.match(server.stderr(), /^fastify-phoenix: --metrics must be on or off/)
})
