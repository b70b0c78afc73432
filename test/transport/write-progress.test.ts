import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { WriteProgress } from '../../lib/transport/write-progress.js'
import { certificate } from '../fixtures/certificate.js'

/** More than the kernel takes of a connection that nobody reads. */
const chunk = Buffer.alloc(64 * 1024 * 1024)

const ways: Record<string, [() => Server, (port: number) => Socket | TLSSocket]> = {
  TCP: [createServer, (port) => connect(port, '127.0.0.1')],
  TLS: [
    () => createTlsServer(certificate),
    (port) => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
  ]
}

async function connection(t: Test, [create, open]: [() => Server, (port: number) => Socket | TLSSocket]) {
  const server = create().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const isTls = server.listenerCount('secureConnection') > 0 || 'setSecureContext' in server
  const arrived = once(server, isTls ? 'secureConnection' : 'connection')
  const client = open((server.address() as AddressInfo).port)
  client.on('error', () => {})
  const [sender] = (await arrived) as [Socket]
  sender.on('error', () => {})
  t.teardown(() => {
    client.destroy()
    sender.destroy()
    server.close()
  })
  return { client, sender }
}

for (const [name, way] of Object.entries(ways)) {
  t.test(`over ${name} this Node tells of parts of a chunk that have gone`, async (t) => {
    const { client, sender } = await connection(t, way)
    client.pause()
    sender.write(chunk)
    const progress = new WriteProgress(sender)
    // Until the kernel takes no more.
    for (let still = 0; still < 50; ) {
      await nextTurn()
      still = progress.hasMoved() ? 0 : still + 1
    }
    t.notOk(progress.hasMoved())
    t.equal(sender.writableLength, chunk.length)
    client.once('data', () => client.pause())
    let moves = 0
    // Ends with tap's time limit where nothing is told of.
    while (moves < 3) {
      client.resume()
      await nextTurn()
      if (progress.hasMoved()) moves++
    }
    t.equal(sender.writableLength, chunk.length, 'the chunk itself still waits')
  })
}

t.test('where it does not, chunks count that have gone as a whole', async (t) => {
  const sender = { bytesWritten: 300, writableLength: 300 }
  const progress = new WriteProgress(sender)
  t.notOk(progress.hasMoved())
  sender.writableLength = 200
  t.ok(progress.hasMoved())
  t.notOk(progress.hasMoved())
  sender.bytesWritten += 50
  sender.writableLength += 50
  t.notOk(progress.hasMoved(), 'what was written meanwhile has not gone')
  t.ok(new WriteProgress({ writableLength: 1 }) && !new WriteProgress({ writableLength: 1 }).hasMoved())
})
