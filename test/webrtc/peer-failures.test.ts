import t from 'tap'
import { type ChannelPeer, createPeer, defineChannel } from '../../plugins/phoenix.js'
import { FakePeerFactory, fakeOffer } from '../fixtures/fake-peer.js'
import { crashed, deferred, reply, settled, TestSocket } from '../fixtures/test-socket.js'

t.test('what a peer fails while join runs is a crash of the join', async (t) => {
  const goOn = deferred()
  const factory = new FakePeerFactory()
  const match = defineChannel({
    async join(params, channel) {
      const peer = createPeer(channel, { userId: 'alice' })
      peer.on('answer', (answer) => channel.push('answer', answer))
      await peer.handleOffer(params)
      await goOn.promise
      return { status: 'ok' }
    }
  })
  const socket = new TestSocket({ factory, channels: { 'match:*': match } })
  socket.join('match:1', '1', { type: 'offer', sdp: fakeOffer() })
  await settled()
  factory.last.events.onAnswer('v=0\r\n')
  await settled()
  goOn.resolve()
  t.same(await socket.sentSoon(), [reply('1', '1', 'match:1', { reason: 'join crashed' }, 'error')])
  t.equal(factory.size, 0)
})

t.test('what an async listener rejects with ends the channel', async (t) => {
  let peer: ChannelPeer | undefined
  const factory = new FakePeerFactory()
  const match = defineChannel({
    join(_params, channel) {
      peer = createPeer(channel, { userId: 'alice' })
      peer.on('state', async () => {
        throw new Error('on purpose')
      })
      return { status: 'ok' }
    }
  })
  const socket = new TestSocket({ factory, channels: { 'match:*': match } })
  socket.join('match:1')
  socket.sent()
  await peer?.handleOffer({ type: 'offer', sdp: fakeOffer() })
  await settled()
  peer?.close()
  t.same(await socket.sentSoon(), [crashed('1', 'match:1')])
})
