import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { type WebSocket, WebSocketServer } from 'ws'
import { SocketIoConnection } from '../../bench/lib/socketio-connection.js'

/** A server that lets a client in, and hands over its side of the connection. */
async function connect(t: Test) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.close())
  await once(server, 'listening')
  const accepted = once(server, 'connection').then(([socket]) => {
    socket.send('0{}')
    socket.once('message', () => socket.send('40{}'))
    return socket as WebSocket
  })
  const connection = await SocketIoConnection.open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return { connection, socket: await accepted }
}

t.test('a connection whose server has died closes at once', async (t) => {
  const { connection, socket } = await connect(t)
  const lost = new Promise<Error>((resolve) => {
    connection.onLost = resolve
  })
  socket.terminate()
  t.match(await lost, { message: 'Socket.IO closed the socket, 1006' })
  await connection.close()
  await t.rejects(connection.request('join', '"room"'), { message: 'Socket.IO acknowledged no join' })
})

t.test('a request fails when the server dies before it has acknowledged it', async (t) => {
  const { connection, socket } = await connect(t)
  socket.once('message', () => socket.terminate())
  await t.rejects(connection.request('join', '"room"'), { message: 'Socket.IO acknowledged no join' })
})
