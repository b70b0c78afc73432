import { readFileSync } from 'node:fs'
import t from 'tap'
import { type EntryPoint, howToWrite, surfaceFile, surfaceOf } from '../fixtures/surface.js'

const entries: EntryPoint[] = [
  'fastify-phoenix',
  'fastify-phoenix/client',
  'fastify-phoenix/client/protobuf',
  'fastify-phoenix/cluster-suite',
  'fastify-phoenix/redis',
  'fastify-phoenix/nats',
  'fastify-phoenix/workers'
]
for (const entry of entries) {
  t.test(`${entry} exports what is written down`, async (t) => {
    const written = readFileSync(surfaceFile(entry), 'utf8')
    t.equal(surfaceOf(entry), written, `a change that is meant is written down by: ${howToWrite}`)
  })
}
