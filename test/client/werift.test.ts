import t from 'tap'
import { RTCPeerConnection } from 'werift'
import { nextEvent, openHookClient, travelsOn } from '../fixtures/hook-client.js'
import { push } from '../fixtures/phoenix-client.js'
import { startUserServer } from '../fixtures/user-server.js'

t.test('with peer connections of another implementation all works the same', async (t) => {
  const { app, base } = await startUserServer(t)
  const { client, channel } = openHookClient(t, base, {
    dataChannels: { state: {} },
    createPeer: (configuration) =>
      new RTCPeerConnection({
        ...configuration,
        iceUseIpv6: false,
        iceAdditionalHostAddresses: ['127.0.0.1']
      })
  })
  await travelsOn(client, 'datachannel')
  t.same(await client.call('calls', 'whoami'), { userId: 'alice', transport: 'datachannel' })
  const received = nextEvent(client, 'data')
  app.phoenix.sendDataToUser('alice', 'state', new Uint8Array([1, 2]))
  t.same(await received, ['state', new Uint8Array([1, 2])])

  const down = nextEvent(client, 'failure')
  await push(channel, 'webrtc:close')
  await down
  await travelsOn(client, 'datachannel')
  t.equal(await client.call('calls', 'echo', 1), 1)
})
