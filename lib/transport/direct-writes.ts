import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { textFrame } from '../protocol/websocket-frame.js'

/**
 * Whether frames may be written to the connection of a WebSocket beside `ws`, which is cheaper.
 * Relies on ws 8, without extensions, to write each frame as it is sent, and to count in `bufferedAmount` all that
 * waits in the connection. Tried out here; where it is not so, `ws` sends everything.
 */
export function mayWriteDirectly(): boolean {
  try {
    return tryOut()
  } catch {
    // Another version may want more of a request than this one has.
    return false
  }
}

function tryOut(): boolean {
  const written: Buffer[] = []
  // Takes the handshake, and nothing after it.
  const connection = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk)
      if (written.length === 1) done()
    }
  })
  const server = new WebSocketServer({ noServer: true, clientTracking: false })
  let mayWrite = false
  server.handleUpgrade(handshake(), connection, Buffer.alloc(0), (ws) => {
    ws.on('error', () => {})
    ws.send('a')
    connection.write('beside')
    const isSent = connection.writableLength === textFrame('a').length + 'beside'.length
    mayWrite = isSent && ws.bufferedAmount === connection.writableLength
    ws.terminate()
  })
  return mayWrite
}

function handshake(): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  request.method = 'GET'
  request.headers = {
    upgrade: 'websocket',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-version': '13'
  }
  return request
}
