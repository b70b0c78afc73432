import { once } from 'node:events'
import type { Socket } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { connectRaw, type RawClient } from '../fixtures/raw-client.js'
import { startServer } from '../fixtures/server.js'

const channels = {
  '*': {
    async join() {
      // What comes in one write is read in one turn, so that it is all there by then.
      await nextTurn()
      return { status: 'ok' as const }
    },
    handleIn: { ping: () => ({ status: 'ok' as const }) }
  }
}

/** A frame of a client, whose mask changes nothing. */
const frame = (firstByte: number, payload: Buffer | string): Buffer => {
  const data = Buffer.from(payload)
  return Buffer.concat([Buffer.from([firstByte, 0x80 | data.length, 0, 0, 0, 0]), data])
}
const manyPieces = Buffer.concat([
  frame(0x01, '['),
  ...Array.from({ length: 600 }, () => Buffer.from([0x00, 0x80, 0, 0, 0, 0]))
])

const refused: [name: string, frame: Buffer | string, code: number][] = [
  ['no message', 'oops', 1011],
  ['a frame that is too large for the transport', 'x'.repeat(131_070), 1009],
  ['a frame that ws finds too large', 'x'.repeat(200_000), 1009],
  ['text that is no UTF-8', frame(0x81, Buffer.from([0xff, 0xfe])), 1007],
  ['an operation that does not exist', frame(0x83, 'x'), 1002],
  ['a frame without a mask', Buffer.from([0x81, 1, 65]), 1002],
  ['a reserved bit', frame(0xc1, 'x'), 1002],
  ['a control frame that is too long', Buffer.from([0x89, 0x80 | 126, 0, 200, 0, 0, 0, 0]), 1002],
  ['a message in too many pieces', manyPieces, 1008]
]

/** Everything in one write: what comes ahead, the bad frame, and a heartbeat behind it. */
function sendBefore(client: RawClient, bad: Buffer | string, ahead: () => void): void {
  client.connection.cork()
  ahead()
  if (typeof bad === 'string') client.ws.send(bad)
  else client.connection.write(bad)
  client.send(null, 'behind', 'phoenix', 'heartbeat', {})
  client.connection.uncork()
}

/** The refs of the replies until the close, and its code. */
async function heard(client: RawClient): Promise<unknown[]> {
  const refs: unknown[] = []
  client.ws.on('message', (data) => refs.push(JSON.parse(String(data))[1]))
  const code = await client.closed
  return [...refs, code]
}

for (const [name, bad, code] of refused) {
  t.test(`${name} takes effect after all before it, and nothing behind it does`, async (t) => {
    const { app, url } = await startServer(t, { channels })
    const joining = await connectRaw(t, url)
    sendBefore(joining, bad, () => {
      joining.send('1', '1', 'a', 'phx_join', {})
      joining.send(null, '2', 'phoenix', 'heartbeat', {})
      joining.send('1', '3', 'a', 'ping', {})
    })
    t.same(await heard(joining), ['1', '2', '3', code])

    const flooding = await connectRaw(t, url)
    const refs = Array.from({ length: 200 }, (_, i) => String(i))
    sendBefore(flooding, bad, () => {
      for (const ref of refs) flooding.send(null, ref, 'phoenix', 'heartbeat', {})
    })
    t.same(await heard(flooding), [...refs, code], 'also where it waits for its turn')

    const alone = await connectRaw(t, url)
    sendBefore(alone, bad, () => {})
    t.same(await heard(alone), [code])
    t.equal(app.phoenix.socketCount, 0)
  })
}

t.test('a frame that is too large when it is inflated takes effect after all before it', async (t) => {
  const { url } = await startServer(t, { channels, websocket: { compress: true } })
  const client = await connectRaw(t, url, '', { perMessageDeflate: true })
  client.send('1', '1', 'a', 'phx_join', {})
  client.send(null, '2', 'phoenix', 'heartbeat', {})
  client.ws.send('x'.repeat(10_000_000), { compress: true })
  t.same(await heard(client), ['1', '2', 1009])
})

t.test('a client that breaks the protocol and goes, or says nothing to the close, is gone', async (t) => {
  const { app, url, port } = await startServer(t, { channels })
  const gone = await connectRaw(t, url)
  sendBefore(gone, 'x'.repeat(200_000), () => gone.send('1', '1', 'a', 'phx_join', {}))
  gone.connection.end()
  await gone.closed

  const accepted = once(app.server, 'connection')
  const mute = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => mute.destroy())
  mute.on('error', () => {})
  mute.write(
    'GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
  )
  await once(mute, 'data')
  const [connection] = (await accepted) as [Socket]
  mute.write(Buffer.concat([frame(0x81, '["1","1","a","phx_join",{}]'), frame(0xc1, 'x')]))
  mute.resume()
  await once(connection, 'close')
  t.equal(app.phoenix.socketCount, 0)
})
