import type { FastifyInstance } from 'fastify'
import { noteLook } from '../lib/server/watched.js'

/** `GET /healthz`, 200 while the process lives, and `GET /readyz`, 200 or 503 with the reasons. */
export async function healthRoutes(app: FastifyInstance): Promise<void> {
  app.get('/healthz', async () => ({ status: 'ok' }))
  app.get('/readyz', async (_request, reply) => {
    noteLook()
    const { ready, reasons } = app.phoenix.health()
    reply.code(ready ? 200 : 503).header('cache-control', 'no-store')
    return { status: ready ? 'ready' : 'not ready', reasons }
  })
}
