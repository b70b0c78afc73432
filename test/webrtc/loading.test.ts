import { readFileSync } from 'node:fs'
import t from 'tap'
import type { PeerEvents } from '../../lib/peers/peer-factory.js'
import { silentLogger } from '../../lib/util/logger.js'
import { createNodeDataChannelFactory } from '../../lib/webrtc/native-factory.js'
import type { NativeSource } from '../../lib/webrtc/node-datachannel.js'
import '../../lib/webrtc/peer-session.js'

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
  const source: NativeSource = {
    isInstalled: () => true,
    load() {
      throw problem
    }
  }
  const factory = await createNodeDataChannelFactory({}, silentLogger, source)
  for (let tries = 0; tries < 2; tries++)
    t.throws(() => factory.create(events), { code: 'PHX_ERR_WEBRTC_UNAVAILABLE', message: /GLIBC_2.99/ })
  t.equal(factory.size, 0)
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
