import { readFileSync } from 'node:fs'
import t from 'tap'
import type { PeerEvents } from '../../lib/peers/peer-factory.js'
import { silentLogger } from '../../lib/util/logger.js'
import { createNodeDataChannelFactory } from '../../lib/webrtc/native-factory.js'
import type { NativeSource } from '../../lib/webrtc/node-datachannel.js'
import '../../lib/webrtc/peer-session.js'
import { fakeOffer } from '../fixtures/fake-peer.js'
import { join } from '../fixtures/peer-session.js'
import { RecordingLogger } from '../fixtures/recording-logger.js'

const isLoaded = () => readFileSync('/proc/self/maps', 'utf8').includes('node_datachannel')

const events: PeerEvents = {
  onAnswer() {},
  onState() {},
  onCandidate() {},
  onDataChannel() {}
}

t.test('the native library is loaded with the first peer, not at the start', async (t) => {
  const factory = await createNodeDataChannelFactory({}, silentLogger)
  t.equal(factory.size, 0)
  t.notOk(isLoaded())
  factory.create(events).close()
  t.ok(isLoaded())
  factory.close()
})

t.test('and is not missed before that, where its binary is not for this machine', async (t) => {
  const problem = new Error('GLIBC_2.99 not found')
  let loads = 0
  const source: NativeSource = {
    isInstalled: () => true,
    load() {
      loads++
      throw problem
    }
  }
  const log = new RecordingLogger()
  const factory = await createNodeDataChannelFactory({}, log, source)
  for (let tries = 0; tries < 2; tries++)
    t.throws(() => factory.create(events), { code: 'PHX_ERR_WEBRTC_UNAVAILABLE', message: /GLIBC_2.99/ })
  t.equal(factory.size, 0)

  const { session } = join({ factory, log })
  const offer = () => session.offer({ type: 'offer', sdp: fakeOffer() })
  for (let tries = 0; tries < 2; tries++)
    t.same(await offer(), { status: 'error', response: { error: 'webrtc_disabled' } })
  t.equal(loads, 1)
  t.same(log.messages('error'), ['there are no peers'])
})

t.test('one that is not there is a coded error at the start', async (t) => {
  for (const problem of [new Error('no binary for this machine'), 'no binary for this machine']) {
    const source: NativeSource = {
      isInstalled: () => false,
      load() {
        throw problem
      }
    }
    await t.rejects(createNodeDataChannelFactory({}, silentLogger, source), {
      code: 'PHX_ERR_WEBRTC_UNAVAILABLE',
      message: /webrtc: false.*no binary for this machine/
    })
  }
})
