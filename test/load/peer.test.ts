import { PeerConnection } from 'node-datachannel'
import t from 'tap'
import { openPeer } from '../../lib/load/clients/peer.js'
import { PhoenixConnection } from '../../lib/load/clients/phoenix-connection.js'
import { devToken } from '../fixtures/dev-token.js'
import { startReferenceServer } from '../fixtures/reference-server.js'

const options = { library: { PeerConnection }, bindAddress: '127.0.0.1', openLimitMs: 100_000 }

async function joined(url: string, userId: string): Promise<PhoenixConnection> {
  const token = await devToken(new URL(url.replace(/^ws/, 'http')).origin, userId)
  const connection = await PhoenixConnection.open(url, { token })
  await connection.join(`user:${userId}`)
  return connection
}

t.test('a peer opens a DataChannel with the label and the protocol that it is told', async (t) => {
  const { base } = await startReferenceServer(t)
  const connection = await joined(base, 'alice')
  t.teardown(() => connection.close())
  const opened = new Promise((resolve) => connection.on('webrtc:channel_open', resolve))
  const config = { protocol: 'protobuf' }
  const peer = await openPeer(connection, 'user:alice', { ...options, label: 'state', config })
  t.same(await opened, { channel: 'state' })
  peer.close()
})

// What stays of a peer would keep the process of this test, and with it the test, from ending.
t.test('an offer that the server refuses fails with its reason, and leaves nothing behind', async (t) => {
  const { base } = await startReferenceServer(t, { WEBRTC: 'off' })
  const connection = await joined(base, 'alice')
  t.teardown(() => connection.close())
  await t.rejects(openPeer(connection, 'user:alice', options), { message: 'webrtc:offer: webrtc_disabled' })
})

t.test('a peer whose connection is lost before it is open fails', async (t) => {
  const { base } = await startReferenceServer(t)
  const connection = await joined(base, 'alice')
  const opening = openPeer(connection, 'user:alice', options)
  connection.onLost('closed_1006')
  await t.rejects(opening, { message: 'connection_lost' })
  await connection.close()
})
