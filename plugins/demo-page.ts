import type { FastifyInstance } from 'fastify'
import { loadPage } from '../lib/server/assets.js'

const headers = {
  // Everything the page needs comes from here; other hosts than this one may be connected to, so
  // that the page can be tried against a server elsewhere.
  'content-security-policy': [
    "default-src 'self'",
    "connect-src 'self' ws: wss:",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'"
  ].join('; '),
  // An isolated page gets a clock of 5 microseconds instead of 100, which its chart needs.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  // Browsers ask each time and mostly hear 304: a page of another version would be worse.
  'cache-control': 'no-cache'
}

/** Serves the demo page at `/` and what belongs to it under `/assets/`. */
export async function demoPage(app: FastifyInstance): Promise<void> {
  for (const { path, contentType, body, etag } of loadPage()) {
    app.get(path, async (request, reply) => {
      reply.headers(headers).header('etag', etag)
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.type(contentType).send(body)
    })
  }
}
