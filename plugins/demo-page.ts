import type { FastifyInstance } from 'fastify'
import { loadPage } from '../lib/server/assets.js'
import { pageHeaders, sendAsset } from './page-headers.js'

// Other hosts than this one may be connected to, so that the page can be tried against a server elsewhere.
const headers = pageHeaders("connect-src 'self' ws: wss:")

/** Serves the demo page at `/` and what belongs to it under `/assets/`. */
export async function demoPage(app: FastifyInstance): Promise<void> {
  for (const asset of loadPage()) {
    app.get(asset.path, async (request, reply) => sendAsset(request, reply.headers(headers), asset))
  }
}
